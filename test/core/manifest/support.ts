import { checkManifests } from '../../../core/manifest/index.ts';
import type { CheckOptions, Problem, SourceFile } from '../../../core/manifest/types.ts';

/** A file of a test in UTF-8. */
export function file(path: string, text: string): SourceFile {
  return { path, bytes: new TextEncoder().encode(text) };
}

/** All problems of one text. */
export function problemsOf(text: string, options?: CheckOptions): readonly Problem[] {
  return checkManifests([file('a.yaml', text)], options);
}

/** `rule line:column` of each problem, for short expectations. */
export function placesOf(problems: readonly Problem[]): string[] {
  return problems.map(({ rule, line, column }) => `${rule} ${line}:${column}`);
}

/** A tenant that passes, with lines replaced by the first words they share, e.g. `class: trial`. */
export function tenant(...changes: readonly string[]): string {
  return change(
    `apiVersion: jinhong.dev/v1alpha1
kind: Tenant
metadata:
  name: loan
  namespace: dept-lib
spec:
  displayName: 借阅系统
  planItem: P-7
  class: production
  contacts: { owner: lib-admins, onCall: lib-duty }
  members:
    - { group: lib-admins, role: admin }
  environments:
    - name: production
      size: small
`,
    changes,
  );
}

/** A department that passes. */
export function department(...changes: readonly string[]): string {
  return change(
    `apiVersion: jinhong.dev/v1alpha1
kind: Department
metadata: { name: lib }
spec:
  displayName: 图书馆
  level: city
  domain: lib.city.example
  groups: [lib-admins, lib-duty]
`,
    changes,
  );
}

/** An approval that passes. */
export function approval(...changes: readonly string[]): string {
  return change(
    `apiVersion: jinhong.dev/v1alpha1
kind: Approval
metadata: { name: loan-funds-1, namespace: dept-lib }
spec:
  for: { kind: Tenant, name: loan }
  part: funds
  decision: approved
  funds: { fiscalYear: 2026, ceilingPerMonth: "900.00", priceList: p1 }
  decidedBy: mei
  decidedAt: "2026-04-20T09:00:00+08:00"
`,
    changes,
  );
}

/** cloud.yaml that passes. */
export function cloud(...changes: readonly string[]): string {
  return change(
    `apiVersion: jinhong.dev/v1alpha1
kind: Cloud
spec:
  name: testcity
  domain: city.example
  levels: [city, district]
  utcOffset: "+08:00"
  sites:
    - { name: hub, role: management, region: r, context: hub, wave: 1 }
    - { name: east, role: local, region: r, context: east, wave: 2, capacity: { requests.cpu: "100", requests.memory: 100Gi, requests.storage: 1Ti, pods: "500" } }
  zones: { extranet: { hosting: true }, intranet: { hosting: false } }
  defaultZone: extranet
  destinations: { registry: { cidrs: [10.20.0.0/16], zones: [extranet] } }
  sizes: { small: { quota: { requests.cpu: "2", requests.memory: 4Gi, requests.storage: 10Gi, pods: "10" } } }
  services: { ordinary: { tier: none } }
  tiers: { none: { standby: false, recovery: false, pricePercent: 100 } }
  prices: { version: p1, currency: cny, perMonth: { requests.cpu: "60", requests.memory: "30", requests.storage: "0.5", pods: "0" } }
  reservedSuffixes: [reserved.example]
  registries: [registry.city.example]
  groups: { platform: engineers, onCall: duty, supervision: watchers, breakGlass: break-glass }
  retain: { production: 30d, other: 7d }
  decisionDays: { project: 5, funds: 3 }
  changeBudget: { removalsPerHour: 50, roleChangesPerHour: 500 }
  workingDays: { "2026": { holidays: ["2026-01-01"], workdays: ["2026-01-04"], source: made up } }
`,
    changes,
  );
}

/** A change is `old => new` on the text itself, or a line that takes the place of the one with the same key. */
function change(text: string, changes: readonly string[]): string {
  let changed = text;
  for (const each of changes) {
    const [from = '', to = ''] = each.split(' => ');
    if (!changed.includes(from)) throw new Error(`no ${from} in the sample`);
    changed = changed.replace(from, () => to);
  }
  return changed;
}
