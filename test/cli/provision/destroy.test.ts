import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { department } from '../../core/manifest/support.ts';
import { type FakeCentres, fakeCentres, listOf } from './fake-centres.ts';

const namespaces = 'GET /api/v1/namespaces';
const siteController = 'GET /apis/apps/v1/namespaces/jinhong-system/deployments/jinhong-site';
let centres: FakeCentres;

beforeEach(async () => {
  centres = await fakeCentres();
  centres.answers[namespaces] = () => listOf();
  writeFileSync(join(centres.folder, 'lib.yaml'), department());
});
afterEach(() => centres.close());

const destroy = (site: string) => centres.run('destroy', site, `--yes=${site}`);

describe('destroy', () => {
  it('is refused for a centre to which a tenant came while the question stood open', async () => {
    let asked = 0;
    centres.answers[namespaces] = () => {
      asked += 1;
      return asked === 1 ? listOf() : listOf({ metadata: { name: 'lib-loan-production' } });
    };
    const { code, stderr } = await destroy('east');
    expect(stderr).toContain('east still holds 1 tenants');
    expect(code).toBe(3);
  });

  it('is refused for the management centre while another has the platform', async () => {
    centres.answers[siteController] = () => ({ metadata: { name: 'jinhong-site' } });
    const { code, stderr } = await destroy('hub');
    expect(stderr).toContain('still installed at east');
    expect(stderr).toContain('jinhong destroy east');
    expect(code).toBe(3);
  });

  it('asks the engine when nothing speaks against it', async () => {
    for (const site of ['hub', 'east']) expect((await destroy(site)).stderr).toContain('is not on this machine');
  });
});
