import { crdOf } from '../../core/model/crd.ts';
import { type KindName, kinds } from '../../core/model/kinds.ts';
import { apiVersion, namespaces } from '../../core/model/names.ts';
import { coversDesired } from '../../kube/apply.ts';
import { isForbidden, isNotFound, isUnreachable } from '../../kube/errors.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeClient, KubeObject } from '../../kube/types.ts';
import { whoAmI } from '../tenants.ts';
import type { Finding } from '../view/checks.ts';

/** A centre that doctor looks at. */
export interface Patient {
  /** Its name in cloud.yaml, or the context's. */
  readonly name: string;
  /** Undefined when no cloud.yaml says. */
  readonly role: 'management' | 'local' | 'recovery' | undefined;
  readonly client: KubeClient;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const timeoutMs = 5000;
const skewWarnMs = 3000;
const skewBadMs = 30_000;
const leaseOldMs = 60_000;

/** Looks at one centre; the first finding is whether it answers, and when it does not it is the only one. Never throws for an unreachable centre. */
export async function examine(patient: Patient): Promise<Finding[]> {
  const { name, client } = patient;
  try {
    const started = patient.now();
    const reply = await client.request('GET', '/version', { timeoutMs });
    const ended = patient.now();
    const version = (JSON.parse(reply.body) as { gitVersion?: string }).gitVersion ?? '?';
    const reached: Finding = {
      subject: name,
      level: 'ok',
      text: {
        zh: `有应答，Kubernetes ${version}，${ended - started} 毫秒`,
        en: `answers, Kubernetes ${version}, ${ended - started} ms`,
      },
    };
    const rest = await Promise.all([identity(patient), crds(patient), leases(patient)]);
    return [reached, ...clock(name, reply.headers['date'], (started + ended) / 2), ...rest.flat()];
  } catch (error) {
    return [silent(name, error)];
  }
}

function silent(name: string, error: unknown): Finding {
  const why = error instanceof Error ? error.message : String(error);
  if (isForbidden(error)) {
    const fix = {
      zh: '请重新登录，或向平台组索取新的 kubeconfig',
      en: 'sign in again, or ask the platform group for a new kubeconfig',
    };
    return {
      subject: name,
      level: 'bad',
      text: { zh: `拒绝了您的凭据：${why}`, en: `refuses your credentials: ${why}` },
      fix,
    };
  }
  const fix = {
    zh: '检查网络和 kubeconfig 中的地址；本机的中心：jinhong local status',
    en: 'check the network and the address in the kubeconfig; for centres on this machine: jinhong local status',
  };
  const text = { zh: `没有应答：${why}`, en: `does not answer: ${why}` };
  if (isUnreachable(error)) return { subject: name, level: 'unknown', text, fix, silent: true };
  return { subject: name, level: 'bad', text, fix };
}

function clock(name: string, date: string | undefined, nowMs: number): Finding[] {
  if (date === undefined) return [];
  // The header has whole seconds; half a second is the middle of what it may mean.
  const skewMs = Date.parse(date) + 500 - nowMs;
  const size = Math.abs(skewMs);
  const level = size > skewBadMs ? 'bad' : size > skewWarnMs ? 'warn' : 'ok';
  const seconds = (skewMs / 1000).toFixed(1);
  const text = { zh: `与本机时钟相差 ${seconds} 秒`, en: `its clock differs from this machine's by ${seconds} s` };
  if (level === 'ok') return [{ subject: name, level, text }];
  return [{ subject: name, level, text, fix: { zh: '校准时钟（NTP）', en: 'set the clocks right (NTP)' } }];
}

const rights: readonly {
  readonly verb: string;
  readonly resource: string;
  readonly text: { zh: string; en: string };
  readonly only?: 'management';
}[] = [
  {
    verb: 'list',
    resource: 'tenants',
    text: { zh: '查看所有部门的租户', en: 'see tenants of every department' },
    only: 'management',
  },
  {
    verb: 'create',
    resource: 'approvals',
    text: { zh: '在所有部门审批', en: 'decide in every department' },
    only: 'management',
  },
  { verb: 'create', resource: 'departments', text: { zh: '登记部门', en: 'enter departments' }, only: 'management' },
];

async function identity({ name, client, role }: Patient): Promise<Finding[]> {
  const caller = await whoAmI(client);
  const asked = rights.filter((right) => right.only === undefined || right.only === role);
  const answers = await Promise.all([
    ...asked.map((right) => may(client, right.verb, 'jinhong.dev', right.resource)),
    may(client, 'create', 'apiextensions.k8s.io', 'customresourcedefinitions'),
  ]);
  const texts = [...asked.map((right) => right.text), { zh: '安装平台', en: 'install the platform' }];
  const granted = texts.filter((_, index) => answers[index] === true);
  const own = caller.groups.filter((group) => !group.startsWith('system:')).join(' ');
  const zh = granted.length === 0 ? '只在本部门范围内' : granted.map((text) => text.zh).join('、');
  const en = granted.length === 0 ? 'within your own departments' : granted.map((text) => text.en).join(', ');
  return [
    {
      subject: name,
      level: 'ok',
      text: {
        zh: `您是 ${caller.username}（${own}）；可以：${zh}`,
        en: `you are ${caller.username} (${own}); you may: ${en}`,
      },
    },
  ];
}

async function may(client: KubeClient, verb: string, group: string, resource: string): Promise<boolean> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, group, resource } },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const reply = await client.request('POST', path, { body, idempotent: true, timeoutMs });
  return (JSON.parse(reply.body) as { status?: { allowed?: boolean } }).status?.allowed === true;
}

const upgrade = {
  zh: '安装或升级平台：jinhong plan，然后 jinhong up',
  en: 'install or upgrade the platform: jinhong plan, then jinhong up',
};

async function crds({ name, client }: Patient): Promise<Finding[]> {
  try {
    const { items } = await client.list(resources.crd, { timeoutMs });
    const live = new Map(items.map((crd) => [crd.metadata.name, crd]));
    const wanted = (Object.keys(kinds) as KindName[]).map((kind) => crdOf(kind) as unknown as KubeObject);
    const missing = wanted.filter((crd) => !live.has(crd.metadata.name)).map((crd) => crd.metadata.name);
    const other = wanted.filter((crd) => {
      const there = live.get(crd.metadata.name);
      return there !== undefined && !coversDesired(there, crd);
    });
    return [
      crdFinding(
        name,
        missing,
        other.map((crd) => crd.metadata.name),
      ),
    ];
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return [await discovered(name, client)];
  }
}

function crdFinding(subject: string, missing: readonly string[], other: readonly string[]): Finding {
  if (missing.length > 0) {
    return {
      subject,
      level: 'bad',
      text: { zh: `缺少 CRD：${missing.join('、')}`, en: `CRDs are missing: ${missing.join(', ')}` },
      fix: upgrade,
    };
  }
  if (other.length > 0) {
    return {
      subject,
      level: 'warn',
      text: { zh: `CRD 与本程序不同：${other.join('、')}`, en: `CRDs differ from this program's: ${other.join(', ')}` },
      fix: upgrade,
    };
  }
  return {
    subject,
    level: 'ok',
    text: { zh: 'CRD 齐备，与本程序一致', en: "CRDs are present and equal to this program's" },
  };
}

/** What those may know who cannot read CRDs: whether the kinds are served at all. */
async function discovered(subject: string, client: KubeClient): Promise<Finding> {
  try {
    await client.request('GET', `/apis/${apiVersion}`, { timeoutMs });
    return {
      subject,
      level: 'ok',
      text: { zh: `提供 ${apiVersion}（您无权核对 CRD）`, en: `serves ${apiVersion} (you may not compare the CRDs)` },
    };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return {
      subject,
      level: 'bad',
      text: { zh: `未提供 ${apiVersion}`, en: `does not serve ${apiVersion}` },
      fix: upgrade,
    };
  }
}

async function leases({ name, client, role, now }: Patient): Promise<Finding[]> {
  const controllers = role === 'management' ? ['jinhong-management'] : role === undefined ? [] : ['jinhong-site'];
  return Promise.all(
    controllers.map(async (controller): Promise<Finding> => {
      const said = (level: Finding['level'], zh: string, en: string): Finding => ({
        subject: name,
        level,
        text: { zh: `${controller} ${zh}`, en: `${controller} ${en}` },
      });
      try {
        const ref = { namespace: namespaces.system, name: controller };
        const lease = await client.get(resources.lease, ref, { timeoutMs });
        const spec = lease['spec'] as { renewTime?: string; holderIdentity?: string } | undefined;
        const ageMs = now() - Date.parse(spec?.renewTime ?? '');
        const seconds = Math.round(ageMs / 1000);
        if (ageMs < leaseOldMs)
          return said('ok', `运行中：${spec?.holderIdentity ?? '?'}`, `is running: ${spec?.holderIdentity ?? '?'}`);
        return said('bad', `已 ${seconds} 秒没有续约`, `has not renewed its lease for ${seconds} s`);
      } catch (error) {
        if (isForbidden(error)) return said('unknown', '是否运行：您无权查看', 'may be running: you may not see');
        if (isNotFound(error)) return said('bad', '从未运行', 'has never run');
        throw error;
      }
    }),
  );
}
