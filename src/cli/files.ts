import { readFile } from 'node:fs/promises';
import { AppError } from '../base/errors.ts';
import { readRegularFile } from '../base/files/regular-file.ts';
import { parseJsonText } from '../base/json-text.ts';
import { type Bundle, MAX_BUNDLE_BYTES, readBundle } from '../bundle/bundle.ts';
import { explainUnreachable } from '../client/unreachable.ts';
import type { Terminal } from './terminal.ts';

/** Reads the text of a file that the user named. Rejects with AppError `config_invalid` that names the file. */
export async function readTextFile(file: string, what: string): Promise<string> {
  return (await readNamedFile(file, what)).toString('utf8');
}

/** Reads the bytes of a file that the user named. Rejects with AppError `config_invalid` that names the file. */
export async function readNamedFile(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw unreadable(what, file, cause);
  }
}

function unreadable(what: string, file: string, cause: unknown): AppError {
  return new AppError('config_invalid', `The ${what} ${file} cannot be read.`, { cause });
}

/** Reads a bundle that the user named. Rejects with AppError `config_invalid` or `bundle_invalid` that names the file. */
export async function readBundleFile(file: string): Promise<Bundle> {
  const bytes = await readRegularFile(file, MAX_BUNDLE_BYTES).catch((cause) => {
    throw unreadable('bundle', file, cause);
  });
  return readBundle(bytes).catch((cause: AppError) => {
    throw new AppError(cause.code, `${file}: ${cause.message}`, { cause });
  });
}

/** Reads the text of a file, or of standard input for `-`. Rejects with AppError `config_invalid`. */
export function readSource(source: string, terminal: Pick<Terminal, 'stdin'>): Promise<string> {
  return source === '-' ? terminal.stdin() : readTextFile(source, 'file');
}

/** Reads a JWKS that the user named by file or URL, as JSON. Rejects with AppError `key_invalid`. */
export async function readJwks(source: string): Promise<unknown> {
  try {
    const text = /^https?:\/\//.test(source) ? await download(source) : await readTextFile(source, 'file');
    return parseJsonText(Buffer.from(text));
  } catch (cause) {
    throw new AppError('key_invalid', `The JWKS ${source} cannot be read.`, { cause });
  }
}

async function download(url: string): Promise<string> {
  const unreachable = (cause: unknown) => {
    throw new Error(explainUnreachable(new URL(url).origin, cause).message, { cause });
  };
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(unreachable);
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return response.text().catch(unreachable);
}
