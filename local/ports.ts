import { createServer } from 'node:net';

/** The ports of one centre, all on 127.0.0.1. */
export interface CentrePorts {
  readonly api: number;
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly controllers: number;
}

/** Ports per centre: the four of today, and room for what later issues add. */
const portsPerCentre = 20;

/** First port of the local cloud: below the range from which Linux picks ports for outgoing connections (32768). */
export const defaultBasePort = 26_400;

/** The ports of the centre with this index, counted from `base`; pure. */
export function portsOf(base: number, index: number): CentrePorts {
  const first = base + index * portsPerCentre;
  return { api: first, etcdClient: first + 1, etcdPeer: first + 2, controllers: first + 3 };
}

/** Whether something on this machine listens on 127.0.0.1:`port`. */
export function isPortTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}

/** `count` different ports that were free a moment ago (tests; nothing reserves them). */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}

/**
 * The first range from `from` on in which nothing listens on the ports of so many centres (tests and benches; nothing
 * reserves it).
 */
export async function freeBase(from: number, centres: number): Promise<number> {
  for (let base = from; base < from + 1000; base += portsPerCentre * centres) {
    const ports = Array.from({ length: centres }, (_, index) => Object.values(portsOf(base, index))).flat();
    if (!(await Promise.all(ports.map(isPortTaken))).some(Boolean)) return base;
  }
  throw new Error(`no free range of ports from ${from} on`);
}

/** Where centres of a test's own begin: 10,000 to 20,000 is clear of every fixed port here. */
const testCentres = { from: 10_000, places: 450 };

/**
 * Ports for one centre of a test. Not those that the system would give: they are also given to outgoing connections, so a
 * server that was stopped could find its port taken when it starts again.
 */
export async function freeCentrePorts(): Promise<CentrePorts> {
  const from = testCentres.from + Math.floor(Math.random() * testCentres.places) * portsPerCentre;
  return portsOf(await freeBase(from, 1), 0);
}

function listenAnywhere(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => resolve(server));
  });
}
