import type { Cloud } from '../model/cloud.ts';
import type { Problem } from './expand.ts';

/** Whether `hostname` is `domain` or lies below it. Pure. */
export function isUnder(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`);
}

/** Whether a pattern of an Approval allows a hostname: itself, or `*.domain` for all below the domain at any depth. Pure. */
export function matchesPattern(hostname: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
}

/** Who owns a hostname, as `<department>/<tenant>`; undefined: nobody. */
export type OwnerOf = (hostname: string) => string | undefined;

/**
 * Hostnames that `tenant` (`<department>/<name>`) cannot have whatever is approved: another tenant owns it, or it lies
 * under a reserved suffix without lying in the department's own domain. Pure.
 */
export function hostnameProblems(
  hostnames: readonly string[],
  tenant: string,
  domain: string | undefined,
  deps: { readonly ownerOf: OwnerOf; readonly cloud: Pick<Cloud, 'reservedSuffixes'> },
): Problem[] {
  return hostnames.flatMap((hostname): Problem[] => {
    const owner = deps.ownerOf(hostname);
    if (owner !== undefined && owner !== tenant) return [{ reason: 'HostnameTaken', message: `${hostname}: ${owner}` }];
    if (domain !== undefined && isUnder(hostname, domain)) return [];
    const suffix = deps.cloud.reservedSuffixes.find((reserved) => isUnder(hostname, reserved));
    return suffix === undefined ? [] : [{ reason: 'HostnameReserved', message: `${hostname}: ${suffix}` }];
  });
}
