import type { Text } from './lang.ts';

/** Names for people of what a request, a decision and a status are made of. Identifiers stay untranslated beside them. */

/** Parts of a request that are decided, and what else a tenant can wait for. */
export const partTexts: Readonly<Record<string, Text>> = {
  project: { zh: '立项', en: 'project' },
  funds: { zh: '经费', en: 'funds' },
  removal: { zh: '移除', en: 'removal' },
  capacity: { zh: '容量', en: 'capacity' },
  allowance: { zh: '部门额度', en: 'allowance' },
  site: { zh: '中心', en: 'centre' },
  correction: { zh: '部门修改', en: 'correction' },
};

/** States of a Tenant. */
export const stateTexts: Readonly<Record<string, Text>> = {
  Requested: { zh: '已提交', en: 'requested' },
  Waiting: { zh: '等待', en: 'waiting' },
  Active: { zh: '运行', en: 'active' },
  Frozen: { zh: '冻结', en: 'frozen' },
  Retiring: { zh: '移除中', en: 'retiring' },
  Removed: { zh: '已移除', en: 'removed' },
  Refused: { zh: '不予受理', en: 'refused' },
};

/** Roles of a tenant at a centre. */
export const roleTexts: Readonly<Record<string, Text>> = {
  active: { zh: '主用', en: 'active' },
  standby: { zh: '备用', en: 'standby' },
  copy: { zh: '副本', en: 'copy' },
};

/** Whether something is ready. */
export const readyTexts: Readonly<Record<string, Text>> = {
  True: { zh: '就绪', en: 'ready' },
  False: { zh: '未就绪', en: 'not ready' },
  Unknown: { zh: '未知', en: 'unknown' },
};

/** Decisions of a reviewer. */
export const decisionTexts: Readonly<Record<string, Text>> = {
  approved: { zh: '批准', en: 'approved' },
  rejected: { zh: '驳回', en: 'rejected' },
  revoked: { zh: '撤销', en: 'revoked' },
};

/** Classes of a tenant. */
export const classTexts: Readonly<Record<string, Text>> = {
  production: { zh: '正式', en: 'production' },
  trial: { zh: '试用', en: 'trial' },
  training: { zh: '培训', en: 'training' },
  research: { zh: '研究', en: 'research' },
};

/** Resources of a quota. */
export const resourceTexts: Readonly<Record<string, Text>> = {
  'requests.cpu': { zh: 'CPU（核）', en: 'CPU (cores)' },
  'requests.memory': { zh: '内存', en: 'memory' },
  'limits.cpu': { zh: 'CPU 上限（核）', en: 'CPU limit (cores)' },
  'limits.memory': { zh: '内存上限', en: 'memory limit' },
  'requests.storage': { zh: '存储', en: 'storage' },
  pods: { zh: '容器组数', en: 'pods' },
};

/** What an envelope is made of. */
export const envelopeTexts: Readonly<Record<string, Text>> = {
  class: { zh: '类别', en: 'class' },
  environments: { zh: '环境', en: 'environments' },
  hostnames: { zh: '域名', en: 'hostnames' },
  zones: { zh: '网络区域', en: 'zones' },
  egress: { zh: '访问目标', en: 'destinations' },
  tiers: { zh: '保护等级', en: 'protection tiers' },
};

/** Why a request is not allowed by what was decided (core/decide/envelope.ts), after the name of the part. */
export const refusalTexts: Readonly<Record<string, Text>> = {
  missing: { zh: '尚未审批', en: 'is not decided' },
  rejected: { zh: '驳回了此次申请', en: 'rejected this request' },
  samePerson: { zh: '须由另一人批准', en: 'must be approved by another person' },
  ended: { zh: '审批已过有效期', en: 'has ended' },
  priceList: { zh: '按另一版价目表批准', en: 'was approved with another price list' },
  ceiling: { zh: '上限低于价格', en: 'is below the price' },
  outside: { zh: '批准的范围小于申请', en: 'allows less than is asked' },
};

/** Fields of an approval that something does not fit in. */
const misfitTexts: Readonly<Record<string, Text>> = {
  until: { zh: '有效期', en: 'until' },
  'funds.priceList': { zh: '价目表', en: 'price list' },
  'funds.ceilingPerMonth': { zh: '每月价格（元）', en: 'price a month (yuan)' },
};

/** One field that does not fit, in words: `CPU（核）申请 8，批准 2`. */
export function misfitText(misfit: { field: string; asked?: string; allowed: string }, lang: 'zh' | 'en'): string {
  const key = misfit.field.replace(/^hard\./, '');
  const name = wordOf({ ...envelopeTexts, ...resourceTexts, ...misfitTexts }, key, lang);
  const { asked, allowed } = misfit;
  if (lang === 'zh') return asked === undefined ? `${name} ${allowed}` : `${name} 申请 ${asked}，批准 ${allowed}`;
  return asked === undefined ? `${name}: ${allowed}` : `${name}: asked ${asked}, allowed ${allowed}`;
}

/** The word of `table` for `key` in one language; an unknown key is said as it is. */
export function wordOf(table: Readonly<Record<string, Text>>, key: string, lang: 'zh' | 'en'): string {
  return (Object.hasOwn(table, key) ? table[key]?.[lang] : undefined) ?? key;
}
