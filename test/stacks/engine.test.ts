import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pins } from '../../local/binaries/pins.ts';
import { engineVersions, findBinary, requireEngine } from '../../stacks/engine/binaries.ts';
import { collectEvents, objectOf } from '../../stacks/engine/events.ts';
import { engineEnv } from '../../stacks/engine/state.ts';
import { removalPatch } from '../../stacks/installed.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'jinhong-engine-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function program(...parts: string[]): string {
  const path = join(dir, ...parts);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

describe("the engine's programs", () => {
  it('are the versions that the local cloud builds', () => {
    for (const [name, version] of Object.entries(engineVersions)) {
      expect(pins[name as keyof typeof engineVersions].version).toBe(version);
    }
  });

  it('are found by their own variable, then JINHONG_BIN_DIR, then PATH, then the cache', () => {
    const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
    const cached = program('cache', 'jinhong', 'bin', `pulumi-${engineVersions.pulumi}-${platform}`, 'pulumi');
    const env = { XDG_CACHE_HOME: join(dir, 'cache'), PATH: join(dir, 'path'), JINHONG_BIN_DIR: join(dir, 'bin') };
    expect(findBinary('pulumi', env)).toBe(cached);
    const onPath = program('path', 'pulumi');
    expect(findBinary('pulumi', env)).toBe(onPath);
    const inFolder = program('bin', 'pulumi');
    expect(findBinary('pulumi', env)).toBe(inFolder);
    const own = program('own', 'my-pulumi');
    expect(findBinary('pulumi', { ...env, JINHONG_PULUMI: own })).toBe(own);
  });

  it('that are missing are an error that names the command which gets them', () => {
    const env = { PATH: dir, XDG_CACHE_HOME: dir };
    expect(() => requireEngine(env)).toThrowError(
      expect.objectContaining({ code: 'engine-missing', hint: 'jinhong local binaries' }),
    );
  });

  it('get no credentials of the caller, download nothing and look no version up', () => {
    const binaries = { pulumi: '/a/pulumi', 'pulumi-resource-kubernetes': '/b/pulumi-resource-kubernetes' };
    const env = engineEnv('/state', 'north', binaries, {
      PATH: '/usr/bin',
      HOME: '/h',
      AWS_SECRET_ACCESS_KEY: 'x',
      PULUMI_ACCESS_TOKEN: 'x',
    });
    expect(env).toMatchObject({
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      PULUMI_BACKEND_URL: 'file:///state/sites/north/backend?metadata=skip',
    });
    expect(env['PATH']?.startsWith('/a:/b:')).toBe(true);
    expect(Object.values(env)).not.toContain('x');
  });
});

describe("the engine's events", () => {
  const urn = (type: string, name: string) => `urn:pulumi:north::jinhong-platform::${type}::${name}`;
  const step = (op: string, name: string, more: object = {}) => ({
    resOutputsEvent: {
      metadata: {
        op,
        urn: urn('kubernetes:core/v1:ConfigMap', name),
        type: 'kubernetes:core/v1:ConfigMap',
        provider: '',
        ...more,
      },
    },
  });
  const take = (...events: unknown[]) => {
    const collector = collectEvents();
    for (const event of events) collector.take(event as Parameters<typeof collector.take>[0]);
    return collector.result();
  };

  it('become changes with the fields that differ', () => {
    const result = take(
      step('same', 'ConfigMap/a/one'),
      step('update', 'ConfigMap/a/two', { detailedDiff: { 'data.x': {}, __initial: {} } }),
      step('delete', 'ConfigMap/a/three', { old: { retainOnDelete: true } }),
    );
    expect(result.unchanged).toBe(1);
    expect(result.changes).toEqual([
      { change: 'update', kind: 'ConfigMap', namespace: 'a', name: 'two', fields: ['data.x'] },
      { change: 'forget', kind: 'ConfigMap', namespace: 'a', name: 'three', fields: [] },
    ]);
  });

  it("leave out the engine's own resources and its advice, keep an object's error once", () => {
    const error = {
      severity: 'error',
      urn: urn('kubernetes:core/v1:ConfigMap', 'ConfigMap/a/one'),
      message: '<{%reset%}>refused:\n  no right<{%reset%}>',
    };
    const result = take(
      {
        resOutputsEvent: {
          metadata: {
            op: 'create',
            urn: urn('pulumi:providers:kubernetes', 'north'),
            type: 'pulumi:providers:kubernetes',
          },
        },
      },
      { diagnosticEvent: { severity: 'warning', message: 'using pulumi-resource-kubernetes from $PATH' } },
      { diagnosticEvent: error },
      { diagnosticEvent: error },
      { diagnosticEvent: { severity: 'error', message: 'update failed' } },
    );
    expect(result.changes).toEqual([]);
    expect(result.diagnostics).toEqual([
      { severity: 'error', object: 'ConfigMap/a/one', message: 'refused: no right' },
    ]);
  });

  it('name objects with colons and dots as they are', () => {
    expect(
      objectOf(urn('kubernetes:rbac.authorization.k8s.io/v1:ClusterRole', 'ClusterRole/jinhong:asker')),
    ).toMatchObject({
      kind: 'ClusterRole',
      name: 'jinhong:asker',
    });
  });
});

it('what somebody added to a map is removed, lists are left to the apply', () => {
  expect(removalPatch({ data: { a: '1', b: '2' }, list: [1, 2] }, { data: { a: '1' }, list: [1] })).toEqual({
    data: { b: null },
  });
  expect(removalPatch({ data: { a: '1' } }, { data: { a: '2' } })).toBeUndefined();
});
