import type { RegoValue } from '../value.ts';
import type { BuiltinTable } from './builtin.ts';
import { parseUrl, splitHostPort } from './go-url.ts';
import { stringOperand } from './operands.ts';

export const uriBuiltins: BuiltinTable = {
  'uri.parse': (uri) => partsOf(stringOperand(uri, 1)),
  'uri.is_valid': (uri) => typeof uri === 'string' && uri !== '' && isUri(uri),
};

/** The parts that are there. */
function partsOf(uri: string): RegoValue {
  const { scheme, host, path, rawPath, rawQuery, fragment } = parseUrl(uri);
  const { hostname, port } = splitHostPort(host);
  const parts = { scheme, hostname, port, path, raw_path: rawPath || path, raw_query: rawQuery, fragment };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== ''));
}

function isUri(text: string): boolean {
  try {
    parseUrl(text);
    return true;
  } catch {
    return false;
  }
}
