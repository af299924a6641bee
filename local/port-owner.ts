import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Who listens on 127.0.0.1:`port` (or on all addresses): `name (pid N)`; undefined when it is another user's process or
 * nobody. Reads /proc only.
 */
export function ownerOfPort(port: number): string | undefined {
  const inode = inodeOf(port);
  if (inode === undefined) return undefined;
  for (const pid of readdirSync('/proc')) {
    if (/^\d+$/.test(pid) && holds(pid, `socket:[${inode}]`)) return `${nameOf(pid)} (pid ${pid})`;
  }
  return undefined;
}

function inodeOf(port: number): string | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table)) {
      // proc(5): local address in field 2 as HEX:PORT, state 0A is LISTEN, inode in field 10.
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${wanted}`) === true && fields[3] === '0A') return fields[9];
    }
  }
  return undefined;
}

function holds(pid: string, socket: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === socket);
  } catch {
    return false;
  }
}

function nameOf(pid: string): string {
  return readLines(`/proc/${pid}/comm`)[0] ?? '?';
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
