import type { Clock } from '../../kube/clock.ts';
import type { KubeObject } from '../../kube/types.ts';

/** How a site is heard, as `core/decide/status.ts` wants it. */
export interface Contact {
  readonly reachable: boolean;
  /** `renewTime` of its heartbeat, to the second; undefined: never. */
  readonly lastContact: string | undefined;
}

/** Follows the heartbeats of the sites and says when one falls silent or comes back. */
export interface Contacts {
  of(site: string): Contact;
  /** A heartbeat as the cache has it now. */
  heard(site: string, lease: KubeObject): void;
  stop(): void;
}

interface Heard {
  readonly renewTime: string;
  readonly atMs: number;
  readonly cancel: () => void;
  silent: boolean;
}

/**
 * Contacts that call `onChange` when a site falls silent or is heard again. The age of a heartbeat counts from when this
 * process saw it change, not from what the site's clock says; only for the first one seen, which may be old, the two
 * clocks are compared.
 */
export function createContacts(options: {
  readonly clock: Clock;
  readonly silentAfterMs: () => number;
  readonly onChange: (site: string) => void;
}): Contacts {
  const { clock, onChange } = options;
  const sites = new Map<string, Heard>();

  const listen = (site: string, renewTime: string, ageMs: number): void => {
    const leftMs = options.silentAfterMs() - ageMs;
    const fallSilent = (): void => {
      const heard = sites.get(site);
      if (heard === undefined || heard.renewTime !== renewTime) return;
      heard.silent = true;
      onChange(site);
    };
    const cancel = leftMs > 0 ? clock.after(leftMs, fallSilent) : () => undefined;
    sites.set(site, { renewTime, atMs: clock.monotonic() - ageMs, cancel, silent: leftMs <= 0 });
  };

  return {
    of(site) {
      const heard = sites.get(site);
      if (heard === undefined) return { reachable: false, lastContact: undefined };
      // Not by the timer alone: after a pause of the process this may run before it.
      const silent = heard.silent || clock.monotonic() - heard.atMs >= options.silentAfterMs();
      return { reachable: !silent, lastContact: `${heard.renewTime.slice(0, 19)}Z` };
    },
    heard(site, lease) {
      const renewTime = (lease['spec'] as { renewTime?: string } | undefined)?.renewTime;
      const before = sites.get(site);
      if (renewTime === undefined || renewTime === before?.renewTime) return;
      before?.cancel();
      const ageMs = before === undefined ? Math.max(0, clock.now() - Date.parse(renewTime)) : 0;
      listen(site, renewTime, ageMs);
      if (before === undefined || before.silent) onChange(site);
    },
    stop() {
      for (const { cancel } of sites.values()) cancel();
      sites.clear();
    },
  };
}
