import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildTree, reviewersOf } from '../../core/decide/allowance.ts';
import { capacityOverruns, freeShare } from '../../core/decide/capacity.ts';
import { readApprovals, refusals } from '../../core/decide/envelope.ts';
import { expandTenant } from '../../core/decide/expand.ts';
import { type Hold, Ledger, sumOf } from '../../core/decide/ledger.ts';
import { hasStandby } from '../../core/decide/placement.ts';
import { substance } from '../../core/decide/quota-math.ts';
import { loadManifests } from '../../core/manifest/index.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import type { Approval } from '../../core/model/kinds.ts';
import { departmentOfNamespace } from '../../core/model/names.ts';
import type { Person } from '../../examples/data/people.ts';
import { exampleFiles, presentFiles } from '../../examples/generate.ts';
import { run } from '../cli/support.ts';

const folder = join(import.meta.dirname, '../../examples');
const today = '2026-11-21';

function load(name: string) {
  const files = globSync(`${name}/**/*.yaml`, { cwd: folder })
    .sort()
    .map((path) => ({ path, bytes: readFileSync(join(folder, path)) }));
  const loaded = loadManifests(files, { today });
  const { cloud } = loaded.set;
  return { ...loaded, files, cloud: cloud as Cloud };
}

function peopleOf(name: string): readonly Person[] {
  return (parse(readFileSync(join(folder, name, 'people.yaml'), 'utf8')) as { people: Person[] }).people;
}

const cities = ['qingdao', 'lite', 'three-local'];

describe('the examples', () => {
  it('are what the generator writes', () => {
    const files = exampleFiles(folder);
    expect(presentFiles(folder).sort()).toEqual(Object.keys(files).sort());
    for (const [path, content] of Object.entries(files)) expect(readFileSync(join(folder, path), 'utf8')).toBe(content);
  });

  it.each([...cities, 'one-department'])('%s passes the check without a word', (name) => {
    const { problems, files } = load(name);
    expect(problems).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });

  it('all name a schema that is there', () => {
    for (const path of globSync('**/*.yaml', { cwd: folder })) {
      const line = /^# yaml-language-server: \$schema=(\S+)$/m.exec(readFileSync(join(folder, path), 'utf8'));
      if (path.endsWith('people.yaml') || path.startsWith('workloads/')) continue;
      expect(JSON.parse(readFileSync(join(folder, path, '..', line?.[1] ?? ''), 'utf8'))).toHaveProperty('$schema');
    }
  });
});

describe('the example workload', () => {
  const path = join(folder, 'workloads/reader-catalogue.yaml');
  const check = (files: string[], stdin = '') => run(['check', ...files, '-o', 'json'], { stdin });
  const rulesOf = (stdout: string) =>
    (JSON.parse(stdout) as { items: { rule: string }[] }).items.map(({ rule }) => rule);

  it.each(['qingdao', 'lite'])('passes the check without a word, in its namespace of %s', async (city) => {
    const { code, stdout } = await check([path, '--cloud', join(folder, city, 'cloud.yaml')]);
    expect([code, rulesOf(stdout)]).toEqual([0, []]);
    expect(JSON.parse(stdout)).toMatchObject({ counts: { workloads: 3 } });
  });

  it.each([
    ['ImagePullPolicy', 'imagePullPolicy: Always', 'imagePullPolicy: Never'],
    ['ImageRegistry', 'image: registry.platform.', 'image: elsewhere.'],
    ['PodSecurityRestricted', 'runAsNonRoot: true', 'runAsNonRoot: false'],
    ['ServiceType', 'selector: { app: web }\n  ports:', 'selector: { app: web }\n  type: NodePort\n  ports:'],
  ])('would be refused by %s with one line changed', async (rule, from, to) => {
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    const { code, stdout } = await check(['-', '--cloud', join(folder, 'lite/cloud.yaml')], text.replace(from, to));
    expect([code, [...new Set(rulesOf(stdout))]]).toEqual([3, [rule]]);
  });
});

describe('the example city', () => {
  const { set } = load('qingdao');
  const specs = new Map(set.departments.map(({ object }) => [object.metadata.name, object.spec]));

  it('has the size of a city', () => {
    const level = (name: string) => [...specs].filter(([, spec]) => spec.level === name);
    const districts = level('district').filter(([, spec]) => specs.get(spec.parent ?? '')?.level === 'city');
    expect(level('city').length).toBeGreaterThan(60);
    expect(districts).toHaveLength(10);
    for (const [code] of districts) {
      expect(level('district').filter(([, spec]) => spec.parent === code).length).toBeGreaterThanOrEqual(3);
    }
    expect(level('street')).toHaveLength(20);
    expect(set.tenants).toHaveLength(110);
  });

  it('has the centres of the model', () => {
    const roles = set.cloud?.sites.map(
      ({ name, role, region, context }) => `${name} ${role} ${region} ${context === name}`,
    );
    expect(roles).toEqual([
      'management management qingdao true',
      'laoshan local qingdao true',
      'huangdao local qingdao true',
      'dezhou recovery dezhou true',
    ]);
  });
});

describe.each(cities)('in %s', (name) => {
  const { set, cloud } = load(name);
  const people = peopleOf(name);
  const departments = set.departments.map(({ object }) => ({ code: object.metadata.name, spec: object.spec }));
  const tree = buildTree(departments);
  const tenants = set.tenants.map(({ object }) => {
    const code = departmentOfNamespace(object.metadata.namespace ?? '') ?? '';
    const asked = expandTenant(object.spec, tree.nodes.get(code)?.spec, cloud);
    return { code, name: object.metadata.name, spec: object.spec, asked };
  });

  it('every tenant is approved by two reviewers of its own chain, as far as it asks', () => {
    for (const tenant of tenants) {
      const own = set.approvals
        .filter(
          ({ object }) => object.metadata.namespace === `dept-${tenant.code}` && object.spec.for.name === tenant.name,
        )
        .map(
          ({ object }) =>
            ({
              ...object,
              metadata: { ...object.metadata, creationTimestamp: object.spec.decidedAt },
            }) as unknown as Approval,
        );
      expect(own.map(({ spec }) => spec.part).sort()).toEqual(['funds', 'project']);
      for (const { spec } of own) {
        const decider = people.find(({ user }) => user === spec.decidedBy);
        const [first] = reviewersOf(tree, tenant.code, spec.part);
        expect(decider?.groups).toContain(first);
      }
      const request = {
        class: tenant.spec.class,
        environments: tenant.asked.environments,
        domain: tree.nodes.get(tenant.code)?.spec.domain,
      };
      expect(tenant.asked.problems).toEqual([]);
      expect(refusals(readApprovals(own, tenant.name, 1), request, cloud, today)).toEqual([]);
    }
  });

  it('every tenant finds room at the centres, with the share held for failover', () => {
    const ledger = new Ledger();
    const local = cloud.sites.filter(({ role }) => role === 'local');
    tenants.forEach(({ code, name: tenant, asked }, index) => {
      const [primary, peer] = [local[index % local.length]?.name ?? '', local[(index + 1) % local.length]?.name ?? ''];
      const total = sumOf(asked.environments);
      const kept = sumOf(asked.environments.filter(({ tier }) => hasStandby(tier, cloud)));
      const hold = (site: string, role: 'active' | 'standby', amounts: Hold['amounts']) => ({
        site,
        role,
        primary,
        amounts,
      });
      const holds = [hold(primary, 'active', total), ...(peer === primary ? [] : [hold(peer, 'standby', kept)])];
      ledger.set(`${code}/${tenant}`, { department: code, total, holds });
    });
    for (const site of local) {
      const use = ledger.use(site.name);
      expect(capacityOverruns(site, use, substance)).toEqual([]);
      expect(freeShare(site.capacity, use)).toBeGreaterThan(200_000);
    }
  });

  it('every group has a person, every person a name of their own', () => {
    expect(new Set(people.map(({ user }) => user)).size).toBe(people.length);
    const held = new Set(people.flatMap(({ groups }) => groups));
    const groups = [...departments.flatMap(({ spec }) => spec.groups), ...Object.values(cloud.groups)];
    expect(groups.filter((group) => !held.has(group))).toEqual([]);
  });
});
