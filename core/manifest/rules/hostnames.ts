import { isUnder } from '../../decide/hostnames.ts';
import type { TenantSpec } from '../../model/tenant.ts';
import type { Draft } from '../document.ts';
import type { FieldPath, Manifest } from '../types.ts';
import { type Checks, departmentOf, refOf } from './context.ts';

interface Claim {
  readonly draft: Draft<Manifest<TenantSpec>>;
  readonly path: FieldPath;
}

/** Hostnames: asked for twice, owned by another tenant, under a reserved suffix, outside the department's domain. */
export function checkHostnames(checks: Checks): void {
  const claims = new Map<string, Claim>();
  const owners = recordedOwners(checks);
  checks.each(checks.drafts.tenants, (draft) => {
    draft.object.spec.environments.forEach((environment, index) => {
      (environment.hosting ?? []).forEach(({ hostname }, at) => {
        if (typeof hostname !== 'string') return;
        const path = ['spec', 'environments', index, 'hosting', at, 'hostname'];
        const first = claims.get(hostname);
        if (first === undefined) claims.set(hostname, { draft, path });
        else reportTwice(checks, hostname, { draft, path }, first);
        const owner = owners.get(hostname);
        if (first === undefined && owner !== undefined && owner !== refOf(draft)) {
          checks.report(draft, path, taken(hostname, owner));
        }
        checkDomain(checks, hostname, { draft, path });
      });
    });
  });
}

/** Hostnames of recorded tenants that are not among the files; those that are may have moved. */
function recordedOwners(checks: Checks): Map<string, string> {
  const among = new Set(checks.drafts.tenants.map(refOf));
  const owners = new Map<string, string>();
  for (const { metadata, spec } of checks.recorded.tenants ?? []) {
    const ref = `${(metadata.namespace ?? '').replace(/^dept-/, '')}/${metadata.name}`;
    if (among.has(ref)) continue;
    for (const { hosting } of spec.environments) for (const { hostname } of hosting ?? []) owners.set(hostname, ref);
  }
  return owners;
}

function taken(hostname: string, owner: string) {
  return {
    rule: 'HostnameTaken',
    zh: `域名 ${hostname} 已属于 ${owner}`,
    en: `the hostname ${hostname} belongs to ${owner}`,
    fix: { zh: '换一个域名，或由对方先释放', en: 'choose another one, or let the owner give it up first' },
  };
}

function reportTwice(checks: Checks, hostname: string, claim: Claim, first: Claim): void {
  const { line } = first.draft.at(first.path);
  checks.report(claim.draft, claim.path, {
    rule: 'HostnameTwice',
    zh: `域名 ${hostname} 出现两次，另一处在 ${first.draft.file}:${line}`,
    en: `the hostname ${hostname} is asked for twice; the other place is ${first.draft.file}:${line}`,
    fix: { zh: '只保留一处', en: 'keep one of them' },
  });
}

function checkDomain(checks: Checks, hostname: string, { draft, path }: Claim): void {
  const department = checks.departments.get(departmentOf(draft) ?? '');
  if (department === undefined) return;
  const { domain } = department.spec;
  if (domain !== undefined && isUnder(hostname, domain)) return;
  const suffix = checks.cloud?.reservedSuffixes.find((reserved) => isUnder(hostname, reserved));
  if (suffix !== undefined) {
    checks.report(draft, path, {
      rule: 'HostnameReserved',
      zh: `域名 ${hostname} 在保留后缀 ${suffix} 之下`,
      en: `the hostname ${hostname} lies under the reserved suffix ${suffix}`,
      fix:
        domain === undefined
          ? { zh: '换一个域名', en: 'choose another one' }
          : { zh: `改用 ${domain} 之下的域名`, en: `choose one under ${domain}` },
    });
  } else if (domain !== undefined) {
    checks.report(draft, path, {
      rule: 'HostnameOutside',
      severity: 'warning',
      zh: `域名 ${hostname} 不在部门域名 ${domain} 之下，须经审批写明`,
      en: `the hostname ${hostname} does not lie under the department's domain ${domain}; an approval has to name it`,
      fix: {
        zh: `改用 ${domain} 之下的域名，或请审批组写明`,
        en: `choose one under ${domain}, or have the reviewers name it`,
      },
    });
  }
}
