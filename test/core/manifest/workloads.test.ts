import { describe, expect, it } from 'vitest';
import { loadManifests } from '../../../core/manifest/index.ts';
import { file, placesOf, problemsOf, tenant } from './support.ts';

const load = (text: string, path = 'a.yaml') => loadManifests([file(path, text)]);
const workloadsOf = (text: string) => load(text).set.workloads.map(({ object }) => object);
const keys = (text: string) =>
  workloadsOf(text).map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata?.name}`);

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: lib-loan-production }
spec:
  replicas: 2
`;

describe('objects of other API groups', () => {
  it('are handed on without a word, whatever their kind is near to', () => {
    const loaded = load(`${tenant()}---\n${deployment}`);
    expect(loaded.problems).toEqual([]);
    expect(loaded.set.workloads.map(({ object, line }) => [object.kind, line])).toEqual([['Deployment', 17]]);
    expect(loaded.counts.documents).toBe(1);
  });

  it('of Lists are taken apart to any depth, each at its own place in the file', () => {
    const text = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: one }
  - apiVersion: v1
    kind: List
    items:
      - { apiVersion: v1, kind: Secret, metadata: { name: two } }
`;
    expect(keys(text)).toEqual(['v1 ConfigMap one', 'v1 Secret two']);
    const [, second] = load(text).set.workloads;
    expect(second?.at(['metadata', 'name'])).toMatchObject({ line: 10, column: 59 });
    expect(keys('apiVersion: apps/v1\nkind: DeploymentList\nitems: [{ metadata: { name: web } }]\n')).toEqual([
      'apps/v1 Deployment web',
    ]);
    expect(keys('apiVersion: v1\nkind: List\nitems: []\n')).toEqual([]);
  });

  it('in a List that are ours are said to be left out', () => {
    const text = 'apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: jinhong.dev/v1alpha1, kind: Tenant }\n';
    const { problems, set } = load(text);
    expect(problems.map(({ rule, severity, line }) => [rule, severity, line])).toEqual([['NotOurs', 'note', 4]]);
    expect(set.workloads).toEqual([]);
  });

  it('are read as kubectl reads them: yes is true unless quoted, << merges and what is written wins', () => {
    const [object] = workloadsOf(`apiVersion: v1
kind: ConfigMap
metadata: { name: x }
flags: { a: yes, b: "yes", c: off, d: N, e: none }
base: &base { one: 1, two: 2 }
both: { <<: *base, two: 3 }
list: { <<: [{ one: 5 }, *base] }
`) as unknown as Record<string, unknown>[];
    expect(object?.['flags']).toEqual({ a: true, b: 'yes', c: false, d: false, e: 'none' });
    expect(object?.['both']).toEqual({ one: 1, two: 3 });
    expect(object?.['list']).toEqual({ one: 5, two: 2 });
  });

  it('with block scalars of scripts, tabs and Chinese text in them are sound', () => {
    const text = `apiVersion: v1
kind: ConfigMap
metadata: { name: x }
data:
  nginx.conf: |
    server {
    \tlisten 8080；
      "说明"：【示例】
    }
`;
    expect(load(text).problems).toEqual([]);
    expect(workloadsOf(text)).toHaveLength(1);
  });

  it('with syntax errors are refused for them and not handed on', () => {
    const { problems, set } = load(`${deployment}  : [\n`);
    expect(problems.map(({ rule }) => rule)).toContain('Syntax');
    expect(set.workloads).toEqual([]);
  });
});

describe('what only looks like a manifest', () => {
  const template =
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n{{- if .x }}\n{{- end }}\n';

  it('is called a template when it is one, with how to check it', () => {
    const problems = problemsOf(template);
    expect(problems.map(({ rule, severity, line, column }) => [rule, severity, line, column])).toEqual([
      ['UnrenderedTemplate', 'warning', 4, 9],
    ]);
    expect(problems[0]?.fix.en).toContain('helm template');
  });

  it('is refused for its syntax when it says to be a manifest of this platform', () => {
    expect(placesOf(problemsOf(template.replace('apps/v1', 'jinhong.dev/v1alpha1')))[0]).toMatch(/^Syntax/);
  });

  it.each([
    ['kustomization.yaml', 'resources: [a.yaml]\n'],
    ['app/kustomization.yml', 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n'],
    ['chart/values.yaml', 'image: x\n'],
    ['chart/values-prod.yaml', 'image: x\n'],
    ['chart/Chart.yaml', 'apiVersion: v2\nname: x\n'],
    ['docker-compose.yml', 'services: {}\n'],
  ])('%s is left alone with a note', (path, text) => {
    const { problems, set } = load(text, path);
    expect(problems.map(({ rule, severity }) => [rule, severity])).toEqual([['NotOurs', 'note']]);
    expect(set.workloads).toEqual([]);
  });

  it('is asked for its apiVersion when it has a kind alone', () => {
    expect(placesOf(problemsOf('kind: Deployment\nmetadata: { name: x }\n'))).toEqual(['MissingField 1:7']);
    expect(placesOf(problemsOf('kind: Tennant\n'))).toEqual(['UnknownKind 1:7']);
  });

  it('with a kind of ours under a plain version is judged as ours, under a group of its own as foreign', () => {
    expect(problemsOf(tenant('jinhong.dev/v1alpha1 => v1')).map(({ severity }) => severity)).toContain('error');
    expect(keys('apiVersion: tenancy.example.org/v1\nkind: Tenant\nmetadata: { name: x }\n')).toEqual([
      'tenancy.example.org/v1 Tenant x',
    ]);
  });
});
