import { afterAll, beforeAll, expect, it } from 'vitest';
import { resources } from '../../kube/resource.ts';
import { type FaultyHub, startFaultyHub } from '../faults/hub.ts';
import { uniqueName, until } from '../support/centre.ts';

let hub: FaultyHub;
beforeAll(async () => {
  hub = await startFaultyHub();
});
afterAll(() => hub?.stop());

it('a fraction of Gi beside decimal and binary amounts is granted and reserved exactly', async () => {
  const controller = await hub.start();
  const cores = { 'requests.cpu': '1', pods: '1' };
  const environments = [
    { name: 'production', quota: { ...cores, 'requests.memory': '1.1Gi', 'requests.storage': '5G' } },
    { name: 'test', quota: { ...cores, 'requests.memory': '1Gi', 'requests.storage': '3Ti' } },
  ];
  const sum = { 'requests.memory': '2254857830400m', 'requests.storage': '3303534883328' };
  const tenant = await hub.granted(['alpha', uniqueName('fraction')], '1', { environments });
  expect(tenant.status?.granted).toMatchObject(sum);
  await until('the sum is reserved', async () => {
    const { status } = await hub.admin.get(resources.department, { name: 'alpha' });
    expect(status).toMatchObject({ reserved: sum });
    return true;
  });
  await controller.stop();
});
