import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeCentres, fakeCentres, listOf } from './fake-centres.ts';

const grants = '/apis/jinhong.dev/v1alpha1/namespaces/site-far/grants';
const namespace = '/api/v1/namespaces/site-far';
let centres: FakeCentres;

beforeEach(async () => {
  centres = await fakeCentres();
  const { answers } = centres;
  answers[`GET ${grants}`] = () => listOf(grant('lib-loan'));
  for (const name of ['lib-loan', 'lib-new']) answers[`DELETE ${grants}/${name}`] = () => ({ metadata: { name } });
  answers[`PATCH ${namespace}`] = () => ({ metadata: { name: 'site-far' } });
  answers[`DELETE ${namespace}`] = () => ({ metadata: { name: 'site-far' } });
});
afterEach(() => centres.close());

const grant = (name: string) => ({
  metadata: { name, uid: `uid-${name}` },
  spec: { role: 'standby', state: 'Active' },
});
const retire = () => centres.run('site', 'retire', 'far', '--yes=far');
const deleted = () => centres.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);

describe('a site that is retired', () => {
  it('goes with its decisions and its namespace', async () => {
    const { code, stderr } = await retire();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(deleted()).toEqual([`${grants}/lib-loan`, namespace]);
  });

  it('stays while the management centre still decides for it: up was forgotten', async () => {
    centres.answers['GET /apis/jinhong.dev/v1alpha1/sites/far'] = () => ({ metadata: { name: 'far' } });
    const { code, stderr } = await retire();
    expect(stderr).toContain('run jinhong up with the cloud.yaml without it first');
    expect(code).toBe(3);
    expect(deleted()).toEqual([]);
  });

  it('stays when a decision came while the question stood open', async () => {
    let asked = 0;
    centres.answers[`GET ${grants}`] = () => {
      asked += 1;
      return asked === 1 ? listOf(grant('lib-loan')) : listOf(grant('lib-loan'), grant('lib-new'));
    };
    const { code, stderr } = await retire();
    expect(stderr).toContain('1 decisions for far came while the question stood open: lib-new');
    expect(code).toBe(3);
    expect(deleted()).toEqual([]);
  });
});
