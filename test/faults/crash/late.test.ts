import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../kube/types.ts';
import {
  approvalOf,
  grantsNow,
  type ManagementCentre,
  type PretendedSite,
  pretendSite,
  startManagementCentre,
  startReplica,
  tenantWhen,
} from '../../controller/management/centre.ts';
import { uniqueName, until } from '../../support/centre.ts';
import { departments, isReady, request } from '../../support/requests.ts';

let management: ManagementCentre;
const sites: PretendedSite[] = [];

beforeAll(async () => {
  management = await startManagementCentre();
  for (const object of departments()) await management.admin.apply(object, { fieldManager: 'test' });
});
afterAll(async () => {
  for (const site of sites) await site.stop();
  await management?.stop();
});

const patienceMs = 60_000;

describe('a leader that is stopped just before its decision is sent', () => {
  it('and goes on when another one has decided anew: what it sends late is refused', async () => {
    const { admin, person } = management;
    const [ann, paul, tess] = [
      await person('ann', ['alpha-admins']),
      await person('paul', ['project-office']),
      await person('tess', ['treasury']),
    ];
    const key = ['alpha', uniqueName('late')] as const;
    const ask = (cpu: string) => ann.apply(request(...key, cpu), { fieldManager: 'jinhong-cli' });
    const granted = async () =>
      Object.values(await grantsNow(admin, key.join('-'))).map(
        ({ spec }) => spec.environments[0]?.quota['requests.cpu'],
      );
    const held = { next: false, reached: Promise.withResolvers<void>(), goOn: Promise.withResolvers<void>() };
    const answers: Promise<unknown>[] = [];
    const wrap = (client: KubeClient): KubeClient => ({
      ...client,
      async update(object, options) {
        if (!held.next || object.kind !== 'Grant') return client.update(object, options);
        held.reached.resolve();
        await held.goOn.promise;
        const answer = client.update(object, options);
        answers.push(answer.catch((error: unknown) => error));
        return answer;
      },
    });
    const old = await startReplica(management, { wrap });
    for (const site of ['east', 'west']) sites.push(await pretendSite(management, site));
    await until('ann may ask', () => ask('2'), patienceMs);
    await paul.create(approvalOf(key, 'project', { decidedBy: 'paul' }));
    await tess.create(approvalOf(key, 'funds', { decidedBy: 'tess' }));
    await tenantWhen(ann, key, isReady, patienceMs);
    held.next = true;
    await ask('4');
    await held.reached.promise;
    const other = await startReplica(management);
    await until('the other one grants 4', async () => (await granted()).join() === '4,4', patienceMs);
    await ask('6');
    await until('the other one grants 6', async () => (await granted()).join() === '6,6', patienceMs);
    held.goOn.resolve();
    const [answer] = await until('the late write is answered', () => answers.length > 0 && Promise.all(answers));
    expect(answer).toMatchObject({ kind: 'conflict' });
    await old.stop();
    await tenantWhen(ann, key, isReady, patienceMs);
    expect(await granted()).toEqual(['6', '6']);
    await other.stop();
  }, 240_000);
});
