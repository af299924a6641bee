import { describe, expect, it } from 'vitest';
import type { HolderState, Lock } from '../../stacks/engine/locks.ts';
import { type Facts, proposeRecovery, type SiteFacts } from '../../stacks/engine/recovery.ts';

const lock = (holder: HolderState): Lock => ({ path: '/x', pid: 7, host: 'here', user: 'eva', since: 0, holder });
const site = (name: string, more: Partial<SiteFacts> = {}): SiteFacts => ({
  site: name,
  locks: [],
  state: 'sound',
  pending: [],
  unfinished: false,
  ...more,
});
const facts = (more: Partial<Facts> = {}): Facts => ({
  stateLock: undefined,
  sites: [site('north'), site('south')],
  behind: [],
  ...more,
});
const pending = [{ type: 'creating', kind: 'Namespace', name: 'Namespace/jinhong-system' }];

describe('recover proposes', () => {
  it('nothing when all is well', () => {
    expect(proposeRecovery(facts()).step).toBe('none');
  });

  it('to wait while a run is alive, whatever else is to be mended', () => {
    const sites = [site('north', { locks: [lock('dead')] })];
    expect(proposeRecovery(facts({ stateLock: lock('alive'), sites })).step).toBe('wait');
    const living = [site('north', { locks: [lock('dead')] }), site('south', { locks: [lock('alive')] })];
    expect(proposeRecovery(facts({ sites: living }))).toMatchObject({ step: 'wait', site: 'south' });
  });

  it('to remove a dead lock before anything else of that centre', () => {
    const sites = [site('north'), site('south', { locks: [lock('dead')], pending })];
    expect(proposeRecovery(facts({ sites, behind: ['north: x'] }))).toMatchObject({
      step: 'remove-lock',
      site: 'south',
    });
  });

  it('to remove the state lock of another machine, which stops all that follows, but not beside a living engine', () => {
    const sites = [site('north', { locks: [lock('dead')], pending })];
    expect(proposeRecovery(facts({ stateLock: lock('unknown'), sites }))).toEqual({
      step: 'remove-state-lock',
      lock: lock('unknown'),
    });
    const living = [site('north', { locks: [lock('alive')] })];
    expect(proposeRecovery(facts({ stateLock: lock('unknown'), sites: living })).step).toBe('wait');
  });

  it('to replace a state that cannot be read before anything that needs it', () => {
    const sites = [site('north', { pending }), site('south', { state: 'backup', pending: undefined })];
    expect(proposeRecovery(facts({ sites }))).toEqual({ step: 'replace-state', site: 'south', from: 'backup' });
    const lost = [site('south', { state: 'nothing', pending: undefined })];
    expect(proposeRecovery(facts({ sites: lost }))).toMatchObject({ step: 'replace-state', from: 'nothing' });
    const locked = [site('south', { state: 'nothing', locks: [lock('dead')] })];
    expect(proposeRecovery(facts({ sites: locked })).step).toBe('remove-lock');
  });

  it('to look at what was cut off before the decisions that were lost', () => {
    const sites = [site('north', { pending }), site('south')];
    expect(proposeRecovery(facts({ sites, behind: ['south: x'] }))).toMatchObject({
      step: 'clear-pending',
      site: 'north',
    });
  });

  it('to read lost decisions back before the next up, which could decide over them', () => {
    const sites = [site('north', { unfinished: true })];
    expect(proposeRecovery(facts({ sites, behind: ['south: x'] })).step).toBe('read-back');
  });

  it('to run up again where an installation has not ended', () => {
    const sites = [site('north'), site('south', { unfinished: true })];
    expect(proposeRecovery(facts({ sites }))).toEqual({ step: 'run-up', sites: ['south'] });
  });

  it('nothing for a lock of a dead run alone: the next run takes it over', () => {
    expect(proposeRecovery(facts({ stateLock: lock('dead') })).step).toBe('none');
  });
});
