import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { platform } from '../../../local/binaries/find.ts';
import type { BinaryPin } from '../../../local/binaries/pins.ts';

/** What the server does with a request. */
export type Answer = 'good' | 'corrupt' | 'truncated' | 'missing' | 'slow';

/** A loopback server that offers one file well or badly. */
export interface FileServer {
  readonly url: string;
  readonly hits: () => number;
  readonly close: () => Promise<void>;
}

/** A script that is as good as a program. */
export const program = Buffer.from(`#!/bin/sh\necho "tool 1.2.3"\n${'# filler\n'.repeat(20_000)}`);

/** Serves `program` on loopback; `answer` is asked for each request. */
export async function serveFile(answer: () => Answer, body: Buffer = program): Promise<FileServer> {
  let hits = 0;
  const server: Server = createServer((_request, response) => {
    hits += 1;
    const how = answer();
    if (how === 'missing') {
      response.writeHead(404).end('no');
      return;
    }
    const bytes = Buffer.from(body);
    if (how === 'corrupt') bytes[100] = 0x21;
    response.writeHead(200, { 'content-length': bytes.length });
    if (how === 'truncated') {
      response.write(bytes.subarray(0, 1000), () => response.destroy());
      return;
    }
    setTimeout(() => response.end(bytes), how === 'slow' ? 700 : 0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/tool`,
    hits: () => hits,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A pin of a tool that is downloaded from `url`, or built from a folder of `modules`. */
export function toolPin(url: string, body: Buffer = program): BinaryPin {
  return {
    name: 'tool',
    version: '1.2.3',
    variable: 'JINHONG_TOOL',
    versionArgs: [],
    versionPattern: /tool (\S+)/,
    accept: 'exact',
    download: { url, sha256: { [platform()]: createHash('sha256').update(body).digest('hex') } },
    build: { folder: 'tool', package: '.', variables: ['main.version=1.2.3'], expectedSeconds: 1 },
  };
}
