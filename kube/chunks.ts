import { type ClientHttp2Stream, constants } from 'node:http2';

/** The body of an answer while it arrives. */
export interface Chunks extends AsyncIterable<Buffer> {
  /** All of it. @throws as the iteration */
  whole(): Promise<Buffer>;
}

/** Bytes held for a slow reader before the sender is made to wait. */
const mostHeldBytes = 1 << 22;

/**
 * Collects a stream's bytes from now on; iterate once. The iteration ends when the peer ended the body in order, and
 * throws `reset` when it did not. Node's own iteration is not used: it may report a premature close for an HTTP/2
 * stream that was closed in order right after its last byte.
 */
export function collectChunks(stream: ClientHttp2Stream): Chunks {
  const held: Buffer[] = [];
  let heldBytes = 0;
  let ended = false;
  let closed = false;
  let wake = (): void => undefined;
  stream.on('data', (chunk: Buffer) => {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes > mostHeldBytes) stream.pause();
    wake();
  });
  stream.on('end', () => {
    ended = true;
  });
  stream.on('close', () => {
    closed = true;
    wake();
  });

  async function* iterate(): AsyncGenerator<Buffer> {
    for (;;) {
      for (let chunk = held.shift(); chunk !== undefined; chunk = held.shift()) {
        heldBytes -= chunk.length;
        yield chunk;
      }
      if (closed) break;
      stream.resume();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (!ended || stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error('reset');
  }

  return {
    [Symbol.asyncIterator]: iterate,
    async whole() {
      const chunks: Buffer[] = [];
      for await (const chunk of iterate()) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}
