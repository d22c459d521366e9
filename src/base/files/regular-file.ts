import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads a file of at most `maxBytes` bytes whole. Rejects with the error of the file system, and with an Error whose message
 * names no path where the name leads to something other than a regular file (a folder, a device, a named pipe) or to a
 * larger file. Nothing blocks and nothing is read without a bound: a pipe without a writer is refused at once.
 */
export async function readRegularFile(file: string, maxBytes: number): Promise<Buffer> {
  // Windows has no such flag, and no named pipes among its files.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!(await handle.stat()).isFile()) throw new Error('it is not a regular file');
    return await readBounded(handle, maxBytes);
  } finally {
    await handle.close();
  }
}

/** The size from the file system may be outdated, or always wrong (as in /proc), so bytes are counted. */
async function readBounded(handle: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    size += bytesRead;
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}
