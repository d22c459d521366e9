import type { Socket } from 'node:net';

/** Headers of a call fit into this as a rule, and of the shortest calls there is room for fifty. */
const MIN_SLICE_BYTES = 2048;
/** Of a body, which has no calls in it. */
const MAX_SLICE_BYTES = 8192;

/**
 * Lets Node's parser see what comes on a connection in slices, so that a connection which is ended for one of its calls is
 * ended for the others, too. Node reads 64 KiB at a time and makes a request, and later an error with a stack, from each of
 * the up to 1,600 calls in it: 20 ms of the thread for every such connection. `countCalls` tells how many calls came on the
 * connection so far: slices grow while none comes.
 */
export function parseInSlices(socket: Socket, countCalls: () => number): void {
  const [parse, ...others] = socket.listeners('data') as ((chunk: Buffer) => void)[];
  if (parse === undefined || others.length > 0) return; // This version of Node reads connections in another way.
  let size = MIN_SLICE_BYTES;
  socket.off('data', parse);
  socket.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length && !socket.destroyed; ) {
      // Node pauses where answers wait to be taken. What is left comes again when they were.
      if (socket.isPaused()) {
        socket.unshift(chunk.subarray(at));
        return;
      }
      const calls = countCalls();
      const slice = chunk.subarray(at, at + size);
      parse.call(socket, slice);
      at += slice.length;
      size = countCalls() === calls ? Math.min(2 * size, MAX_SLICE_BYTES) : MIN_SLICE_BYTES;
    }
  });
}
