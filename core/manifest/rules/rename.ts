import type { Environment, TenantSpec } from '../../model/tenant.ts';
import type { Draft } from '../document.ts';
import { nearest } from '../near.ts';
import type { FieldPath, Manifest } from '../types.ts';
import { type Checks, refOf } from './context.ts';

/**
 * A rename in a manifest would remove what runs under the old name. Something recorded that is gone from the files,
 * beside something new that resembles it, is therefore refused until the old name is typed (`removing`).
 */
export function checkRenames(checks: Checks): void {
  const recorded = checks.recorded.tenants ?? [];
  if (recorded.length === 0) return;
  const written = new Map(checks.drafts.tenants.map((draft) => [refOf(draft), draft]));
  const known = new Set(recorded.map(refOfManifest));
  const fresh = checks.drafts.tenants.filter((draft) => refOf(draft) !== undefined && !known.has(refOf(draft) ?? ''));
  for (const old of recorded) {
    const ref = refOfManifest(old);
    const same = written.get(ref);
    if (same !== undefined) checks.each([same], () => checkEnvironments(checks, same, old));
    else if (!checks.removing.has(old.metadata.name) && !checks.removing.has(ref)) {
      const twin = fresh.find((draft) => resembles(draft, old));
      if (twin !== undefined) report(checks, twin, ['metadata', 'name'], old.metadata.name);
    }
  }
}

function refOfManifest({ metadata }: Manifest<unknown>): string {
  return `${(metadata.namespace ?? '').replace(/^dept-/, '')}/${metadata.name}`;
}

function resembles(draft: Draft<Manifest<TenantSpec>>, old: Manifest<TenantSpec>): boolean {
  const { metadata, spec } = draft.object;
  if (metadata.namespace !== old.metadata.namespace) return false;
  if (nearest(metadata.name, [old.metadata.name]).length > 0) return true;
  if (spec?.displayName === old.spec.displayName || spec?.planItem === old.spec.planItem) return true;
  const before = new Set(hostnamesOf(old.spec.environments));
  return Array.isArray(spec?.environments) && hostnamesOf(spec.environments).some((name) => before.has(name));
}

function hostnamesOf(environments: readonly Environment[]): string[] {
  return environments.flatMap(({ hosting }) => (hosting ?? []).map(({ hostname }) => hostname));
}

function checkEnvironments(checks: Checks, draft: Draft<Manifest<TenantSpec>>, old: Manifest<TenantSpec>): void {
  const now = draft.object.spec.environments;
  const before = old.spec.environments;
  const fresh = now.filter(({ name }) => !before.some((environment) => environment.name === name));
  for (const gone of before.filter(({ name }) => !now.some((environment) => environment.name === name))) {
    if (checks.removing.has(gone.name) || checks.removing.has(`${refOfManifest(old)}/${gone.name}`)) continue;
    const twin = fresh.find(
      (environment) => sameContent(environment, gone) || nearest(environment.name, [gone.name]).length > 0,
    );
    if (twin !== undefined) report(checks, draft, ['spec', 'environments', now.indexOf(twin), 'name'], gone.name);
  }
}

function sameContent(a: Environment, b: Environment): boolean {
  const { name: _a, ...left } = a;
  const { name: _b, ...right } = b;
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}

function report(checks: Checks, draft: Draft<unknown>, path: FieldPath, old: string): void {
  checks.report(draft, path, {
    rule: 'ProbableRename',
    zh: `似乎是把 ${old} 改了名；改名会移除 ${old} 及其中的一切`,
    en: `this looks like ${old} under a new name; a rename removes ${old} with all that is in it`,
    near: [old],
    fix: {
      zh: `改回 ${old}；确要移除时，在 up 时输入旧名：--yes=${old}`,
      en: `write ${old} again; to remove it all the same, type the old name with \`up\`: --yes=${old}`,
    },
  });
}
