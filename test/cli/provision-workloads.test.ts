import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { narrowNetworkPolicy } from '../../policies/narrow-network-policy.ts';
import { cloud, department, tenant } from '../core/manifest/support.ts';
import { run, temporaryFolder } from './support.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  write('cloud.yaml', cloud());
  write('lib.yaml', department());
  write('loan.yaml', tenant());
});
afterEach(() => folder.remove());

const write = (name: string, content: string) => folder.write(name, content);
const state = () => ({ JINHONG_STATE: join(folder.path, '.state') });
const policy = (peer: string) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: lib-loan-production }
spec: { podSelector: {}, ingress: [{ from: [${peer}] }] }
`;

/** Without a record and without centres both commands end early: after the folder was judged, before anything is asked. */
describe.each(['plan --offline', 'plan', 'up'])('%s of a folder with workloads', (command) => {
  const go = () =>
    run([...command.split(' '), '.'], { cwd: folder.path, env: { ...state(), JINHONG_KUBECONFIG: 'none' } });

  it('refuses a forbidden one with its place, rule and sentence, together with all other mistakes', async () => {
    write('web.yaml', policy('{ namespaceSelector: {} }'));
    write('loan.yaml', tenant('class: production => class: prod'));
    const { code, stderr } = await go();
    expect(code).toBe(3);
    expect(stderr).toContain(`web.yaml:4:45 NarrowNetworkPolicy: ${narrowNetworkPolicy.text.en}`);
    expect(stderr).toContain('loan.yaml:9:10 UnknownValue');
  });

  it('says in one line that it applies none of those that are allowed', async () => {
    write('web.yaml', `${policy('{ podSelector: {} }')}---\n${policy('{ podSelector: {} }')}`);
    const { code, stderr } = await go();
    expect(code).not.toBe(3);
    expect(stderr).toContain('2 workload objects were checked; jinhong does not apply them (kubectl apply does)');
  });
});
