import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { auditLogOf } from '../support/centre.ts';
import { jinhong } from '../support/cloud.ts';
import { approve, type Cast, castOf, submit, waitReady } from '../support/tenancy.ts';

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  /** Without a name for who could not be authenticated, as in the attacks. */
  readonly user: { readonly username?: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

const department = 'alpha';
let cast: Cast;

beforeAll(async () => {
  cast = await castOf(department);
  for (const name of ['quiet-one', 'quiet-two']) {
    await submit(cast, department, name);
    await approve(cast, department, name);
  }
  for (const name of ['quiet-one', 'quiet-two']) await waitReady(cast, department, name, 'True');
});
afterAll(() => cast.close());

/** Size of each centre's audit log now. */
function marks(): Map<string, number> {
  return new Map(inject('cloud').centres.map((centre) => [centre.name, statSync(auditLogOf(centre)).size]));
}

/** Changes made since `since` by our programs and people, beside Leases. */
function writesSince(since: Map<string, number>): string[] {
  return inject('cloud').centres.flatMap((centre) => {
    const lines = readFileSync(auditLogOf(centre))
      .subarray(since.get(centre.name) ?? 0)
      .toString('utf8')
      .split('\n');
    return lines
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter(isOurWrite)
      .map(({ user, verb, requestURI }) => `${centre.name}: ${user.username} ${verb} ${requestURI}`);
  });
}

function isOurWrite(event: AuditEvent): boolean {
  const { username = '' } = event.user;
  const ours = username.includes('jinhong') || username === cast.engineer.user;
  const changes = ['create', 'update', 'patch', 'delete', 'deletecollection'].includes(event.verb);
  const review = /reviews$/.test(event.objectRef?.resource ?? '') || event.requestURI.includes('dryRun=All');
  return event.stage === 'ResponseComplete' && ours && changes && !review && event.objectRef?.resource !== 'leases';
}

/** Repetitions of Events are counted up so often (kube/events.ts), and a little more. */
const countingMs = 35_000;

/** Waits until the Events that tell of the last changes are written and counted, for three minutes at most. */
async function settled(): Promise<void> {
  for (const deadlineMs = Date.now() + 180_000; Date.now() < deadlineMs; ) {
    const before = marks();
    await new Promise((resolve) => setTimeout(resolve, countingMs));
    if (writesSince(before).length === 0) return;
  }
}

describe('once every tenant is Ready', () => {
  it('nothing is written for 120 s but Leases, and the log would show it', async () => {
    await settled();
    const before = marks();
    await new Promise((resolve) => setTimeout(resolve, 120_000));
    expect(writesSince(before)).toEqual([]);
    const log = readFileSync(auditLogOf(inject('cloud').centres[0] as never), 'utf8');
    expect(log).toContain('"resource":"leases"');
    expect(writesSince(new Map()).length).toBeGreaterThan(10);
  }, 400_000);

  it('a second up writes nothing either', async () => {
    const before = marks();
    const { code, stdout } = await jinhong(['up', inject('cloud').city, '--yes'], cast.engineer);
    expect(code).toBe(0);
    expect(stdout).toContain('Nothing to change');
    expect(writesSince(before)).toEqual([]);
  });
});
