import type { RegoValue } from '../rego-value.ts';

/** What Go leaves as it is in a path. */
const NOT_IN_PATH = /[^A-Za-z0-9\-_.~$&+,/:;=@]/gu;

/**
 * The JSON of Go's url.URL, and what its String is, for the URI in a certificate. Throws Error for what Go cannot parse.
 */
export function parseGoUrl(uri: string): { url: RegoValue; text: string } {
  const [beforeFragment = '', rawFragment = ''] = splitAt(uri, '#');
  const [beforeQuery = '', query] = splitAt(beforeFragment, '?');
  const [, scheme = '', afterScheme = beforeQuery] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(beforeQuery) ?? [];
  const hierarchy = parseHierarchy(afterScheme, scheme);
  const fragment = percentDecoded(rawFragment);
  if (hasFault(uri) || (hierarchy.Host !== '' && !isDomainName(hierarchy.Host))) {
    throw new Error(`x509: cannot parse URI ${JSON.stringify(uri)}: invalid domain`);
  }
  return {
    url: {
      Scheme: scheme.toLowerCase(),
      ...hierarchy,
      Fragment: fragment,
      RawQuery: query ?? '',
      RawFragment: percentEncoded(fragment) === rawFragment ? '' : rawFragment,
      ForceQuery: query === '',
    },
    text: uri.replace(scheme, scheme.toLowerCase()),
  };
}

/** Who and where: what stands between the scheme and the query. */
function parseHierarchy(text: string, scheme: string) {
  const nowhere = { Opaque: '', User: null, Host: '', Path: '', RawPath: '', OmitHost: false };
  if (scheme !== '' && !text.startsWith('/')) return { ...nowhere, Opaque: text };
  const [, authority, rawPath = ''] = /^(?:\/\/([^/]*))?(.*)$/s.exec(text) ?? [];
  const path = percentDecoded(rawPath);
  return {
    ...nowhere,
    // Go keeps the user to itself: an object without fields.
    User: authority?.includes('@') ? {} : null,
    Host: authority?.slice(authority.lastIndexOf('@') + 1) ?? '',
    Path: path,
    RawPath: percentEncoded(path) === rawPath ? '' : rawPath,
    OmitHost: scheme !== '' && authority === undefined,
  };
}

/** As crypto/x509 asks of the hosts of certificates: labels of printable characters, up to 253 bytes in all. */
export function isDomainName(name: string): boolean {
  return name.length <= 253 && /^[!-\-/-~]{1,63}(?:\.[!-\-/-~]{1,63})*$/.test(name);
}

function splitAt(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function hasFault(uri: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses control characters.
  return /[\u0000-\u001f\u007f]|%(?![0-9A-Fa-f]{2})/.test(uri);
}

function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
}

function percentEncoded(text: string): string {
  return text.replace(NOT_IN_PATH, (character) => {
    return Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '%$&');
  });
}
