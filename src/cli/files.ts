import { readFile } from 'node:fs/promises';
import { AppError } from '../domain/errors.ts';

/** The text of a file that the user named. Throws AppError `config_invalid` that says which one cannot be read. */
export async function readTextFile(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('config_invalid', `The ${what} ${file} cannot be read.`, { cause });
  }
}
