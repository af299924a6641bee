import type { Cloud } from '../../model/cloud.ts';
import { departmentNamespace } from '../../model/names.ts';
import { entryNamed, expandEnvironment } from '../../model/presets.ts';
import type { Environment, TenantSpec } from '../../model/tenant.ts';
import type { Draft } from '../document.ts';
import type { FieldPath, Manifest } from '../types.ts';
import { attempt, type Checks, departmentOf, nameOf } from './context.ts';

type Tenant = Draft<Manifest<TenantSpec>>;

/** Tenants: namespace and department, groups, presets, zones and destinations, end date. */
export function checkTenants(checks: Checks): void {
  for (const draft of checks.drafts.tenants) {
    checkNamespace(checks, draft);
    checks.each([draft], () => checkGroups(checks, draft));
    checks.each([draft], () => checkUntil(checks, draft));
    const { cloud } = checks;
    if (cloud === undefined) continue;
    checks.each([draft], () => {
      draft.object.spec.environments.forEach((environment, index) => {
        const path = ['spec', 'environments', index];
        attempt(() => checkPresets(checks, cloud, { draft, environment, path }));
        attempt(() => checkZone(checks, cloud, { draft, environment, path }));
      });
    });
  }
}

/** A namespaced manifest must name the namespace of its department. */
export function checkNamespace(checks: Checks, draft: Draft<Manifest<unknown>>): void {
  const namespace: unknown = draft.object.metadata?.namespace;
  if (namespace === undefined || namespace === null) {
    checks.report(draft, ['metadata', 'namespace'], {
      rule: 'NamespaceMissing',
      zh: '缺少 metadata.namespace（部门的命名空间）',
      en: "`metadata.namespace` (the department's namespace) is missing",
      fix: { zh: '加上 namespace: dept-部门代码', en: 'add `namespace: dept-CODE`' },
    });
    return;
  }
  if (typeof namespace !== 'string') return;
  const code = departmentOf(draft);
  if (code === undefined || code === '') {
    const meant = checks.departments.has(namespace) ? [departmentNamespace(namespace)] : [];
    checks.report(draft, ['metadata', 'namespace'], {
      rule: 'NamespaceForm',
      zh: `命名空间 ${namespace} 应为 dept-部门代码`,
      en: `the namespace ${namespace} should be dept-CODE`,
      fix: { zh: '写成 dept-部门代码', en: 'write dept-CODE' },
      ...(meant.length > 0 ? { near: meant } : {}),
    });
  } else if (checks.directoryIsKnown && !checks.departments.has(code)) {
    checks.reportUnknown(draft, ['metadata', 'namespace'], {
      rule: 'UnknownDepartment',
      name: namespace,
      known: [...checks.departments.keys()].map(departmentNamespace),
      zh: `没有部门 ${code}`,
      en: `there is no department ${code}`,
    });
  }
}

function checkGroups(checks: Checks, draft: Tenant): void {
  const code = departmentOf(draft) ?? '';
  const groups: unknown = checks.departments.get(code)?.spec.groups;
  if (!Array.isArray(groups)) return;
  const { members, contacts } = draft.object.spec;
  const check = (group: unknown, path: FieldPath) => {
    if (typeof group !== 'string' || groups.includes(group)) return;
    const owner = [...checks.departments.values()].find(({ spec }) => spec?.groups?.includes?.(group));
    const zh = owner === undefined ? '' : `，它属于 ${owner.code}`;
    const en = owner === undefined ? '' : `; it belongs to ${owner.code}`;
    checks.reportUnknown(draft, path, {
      rule: 'UnknownGroup',
      name: group,
      known: groups as string[],
      zh: `用户组 ${group} 不属于部门 ${code}${zh}`,
      en: `the group ${group} does not belong to the department ${code}${en}`,
    });
  };
  attempt(() => {
    for (const [index, { group }] of members.entries()) check(group, ['spec', 'members', index, 'group']);
  });
  check(contacts?.owner, ['spec', 'contacts', 'owner']);
  check(contacts?.onCall, ['spec', 'contacts', 'onCall']);
}

function checkUntil(checks: Checks, draft: Tenant): void {
  const { until } = draft.object.spec;
  if (until === undefined || checks.today === undefined || until >= checks.today) return;
  checks.report(draft, ['spec', 'until'], {
    rule: 'UntilPast',
    severity: 'warning',
    zh: `到期日 ${until} 已过`,
    en: `the last day ${until} has passed`,
    fix: { zh: '改为以后的日期，或删除这一租户', en: 'choose a later day, or remove the tenant' },
  });
}

interface InEnvironment {
  readonly draft: Tenant;
  readonly environment: Environment;
  readonly path: FieldPath;
}

const presetRules = {
  size: 'UnknownPreset',
  service: 'UnknownPreset',
  zone: 'UnknownZone',
  tier: 'UnknownTier',
  destination: 'UnknownDestination',
} as const;
const presetNames = {
  size: { zh: '规格', en: 'size' },
  service: { zh: '服务等级', en: 'service' },
  zone: { zh: '网络区域', en: 'zone' },
  tier: { zh: '保护等级', en: 'protection tier' },
  destination: { zh: '访问目标', en: 'destination' },
} as const;

function checkPresets(checks: Checks, cloud: Cloud, { draft, environment, path }: InEnvironment): void {
  for (const { field, name, known } of expandEnvironment(environment, cloud).unknown) {
    const places: FieldPath[] =
      field === 'destination'
        ? (environment.egress ?? []).flatMap((egress, index) =>
            egress.destination === name ? [['egress', index, 'destination']] : [],
          )
        : [field === 'tier' ? ['protection', 'tier'] : [field]];
    for (const place of places.slice(0, 1)) {
      const what = presetNames[field];
      checks.reportUnknown(draft, [...path, ...place], {
        rule: presetRules[field],
        name,
        known,
        zh: `cloud.yaml 没有${what.zh} ${name}`,
        en: `cloud.yaml has no ${what.en} ${name}`,
      });
    }
  }
}

function checkZone(checks: Checks, cloud: Cloud, { draft, environment, path }: InEnvironment): void {
  const name = environment.zone ?? cloud.defaultZone;
  const zone = entryNamed(cloud.zones, name);
  if (zone === undefined) return;
  const open = Object.keys(cloud.zones).filter((other) => cloud.zones[other]?.hosting === true);
  if ((environment.hosting ?? []).length > 0 && !zone.hosting) {
    checks.report(draft, [...path, 'hosting'], {
      rule: 'HostingNotInZone',
      zh: `区域 ${name} 不能发布网站`,
      en: `nothing is published from the zone ${name}`,
      fix: {
        zh: `删除 hosting，或改用区域 ${open.join('、')}`,
        en: `remove \`hosting\`, or use the zone ${open.join(' or ')}`,
      },
    });
  }
  (environment.egress ?? []).forEach(({ destination }, index) => {
    const allowed = entryNamed(cloud.destinations, destination)?.zones;
    if (allowed === undefined || allowed.includes(name)) return;
    checks.report(draft, [...path, 'egress', index, 'destination'], {
      rule: 'DestinationNotInZone',
      zh: `区域 ${name} 不能访问 ${destination}`,
      en: `the zone ${name} may not reach ${destination}`,
      fix: { zh: `可访问它的区域：${allowed.join('、')}`, en: `zones that may reach it: ${allowed.join(', ')}` },
    });
  });
}

/** Two manifests of one kind, namespace and name. */
export function checkTwice(checks: Checks): void {
  const { clouds, departments, tenants, approvals } = checks.drafts;
  for (const drafts of [clouds, departments, tenants, approvals]) {
    const seen = new Map<string, Draft<Manifest<unknown>>>();
    for (const draft of drafts) {
      const { kind, metadata } = draft.object;
      const name = nameOf(draft) ?? (kind === 'Cloud' ? '' : undefined);
      if (name === undefined) continue;
      const key = kind === 'Cloud' ? 'Cloud' : `${metadata?.namespace ?? ''}/${name}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, draft);
      else {
        checks.report(draft, ['metadata', 'name'], {
          rule: 'ManifestTwice',
          zh: `${kind} ${name} 出现两次，另一份在 ${first.file}:${first.line}`,
          en: `${kind} ${name} stands twice; the other one is at ${first.file}:${first.line}`,
          fix: { zh: '删除其中一份，或换一个名称', en: 'remove one of them, or give it another name' },
        });
      }
    }
  }
}
