import { type Names, readNames } from '../cache.ts';

/** Names of `kind` that begin with `prefix`; a tenant also by its own name, without the department. Pure. */
export function offered(names: Names, kind: string, prefix: string): string[] {
  const list = Object.hasOwn(names, kind) ? names[kind as keyof Names] : [];
  const whole = list.filter((name) => name.startsWith(prefix));
  if (kind !== 'tenants' || prefix === '' || prefix.includes('/')) return whole;
  const bare = list.map((name) => name.split('/')[1] ?? '').filter((name) => name.startsWith(prefix));
  return [...new Set([...whole, ...bare])];
}

/** Lines for the completion scripts: the remembered names of one kind, one a line. Reads one file and nothing else. */
export function offeredText(env: Readonly<Record<string, string | undefined>>, kind = '', prefix = ''): string {
  return offered(readNames(env), kind, prefix)
    .map((name) => `${name}\n`)
    .join('');
}
