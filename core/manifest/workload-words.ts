import { apiVersion } from '../model/names.ts';
import type { Text } from '../text/lang.ts';
import type { Severity } from './types.ts';
import type { Said } from './words.ts';

/** What is said of workloads and of what only looks like one, besides the sentences of the rules in policies/. */
type Noted = Said & { readonly severity: Severity };

const rendered: Text = {
  zh: '渲染后再检查：kubectl kustomize . | jinhong check -，或 helm template . | jinhong check -',
  en: 'check what it renders: `kubectl kustomize . | jinhong check -` or `helm template . | jinhong check -`',
};

/**
 * What to do about a breach of a rule in policies/: its sentence says where to go, this which field it is (a missing one
 * has no place of its own) and where an example is. Pure.
 */
export function explainRule(id: string, field = ''): Text {
  return {
    zh: `${field === '' ? '' : `字段 ${field}；`}jinhong explain ${id}（原因和示例）`,
    en: `${field === '' ? '' : `\`${field}\`; `}\`jinhong explain ${id}\` for the reason and an example`,
  };
}

/** A file of Kustomize, Helm or Compose. */
export const toolFile: Noted = {
  rule: 'NotOurs',
  severity: 'note',
  text: {
    zh: '这是 Kustomize、Helm 或 Compose 自己的文件，未检查',
    en: 'a file of Kustomize, Helm or Compose; not checked',
  },
  fix: rendered,
};

/** A template that is no YAML before it is rendered. */
export const template: Said = {
  rule: 'UnrenderedTemplate',
  text: { zh: '这是模板（{{ }}），渲染前不是 YAML，未检查', en: 'a template ({{ }}) is no YAML yet; not checked' },
  fix: rendered,
};

/** An object of ours inside a List. */
export const listOfOurs: Noted = {
  rule: 'NotOurs',
  severity: 'note',
  text: {
    zh: 'List 中的本平台对象未检查',
    en: 'an object of this platform inside a List; not checked',
  },
  fix: { zh: '每份清单单独成一个文档，用 --- 分开', en: 'write it as a document of its own, parted by `---`' },
};

/** Something of another group that has no kind. */
export function notOurs(version: string): Noted {
  return {
    rule: 'NotOurs',
    severity: 'note',
    text: {
      zh: `不是本平台的清单（${version}），未检查`,
      en: `not a manifest of this platform (${version}); not checked`,
    },
    fix: { zh: '无需处理', en: 'nothing to do' },
  };
}

/** A kind without an apiVersion. */
export function missingVersion(kind: string): Said {
  return {
    rule: 'MissingField',
    text: { zh: `${kind} 缺少 apiVersion`, en: `${kind} lacks its \`apiVersion\`` },
    fix: {
      zh: `本平台的清单写 apiVersion: ${apiVersion}；工作负载写其自己的，例如 apps/v1`,
      en: `write \`apiVersion: ${apiVersion}\` for this platform's kinds, a workload's own (such as apps/v1) for others`,
    },
  };
}

/** A kind of Kubernetes that no role of a tenant may create, and that no rule has a sentence about. */
export function notForMembers(kind: string): Said {
  return {
    rule: 'NotForMembers',
    text: {
      zh: `租户成员没有创建 ${kind} 的权限，服务器会拒绝`,
      en: `members of a tenant have no right to create ${kind}; the API server refuses it`,
    },
    fix: { zh: '删除这一份；确有需要请联系平台', en: 'leave it out; ask the platform if you cannot do without it' },
  };
}

/** A kind that the rules have never heard of. */
export function kindNotKnown(kind: string, version: string, near: readonly string[]): Noted {
  const builtIn = near.length > 0;
  return {
    rule: 'KindNotKnown',
    severity: builtIn ? 'warning' : 'note',
    text: {
      zh: `规则中没有 ${version} ${kind}；本云可能不提供这个种类`,
      en: `no rule knows ${version} ${kind}; this cloud may not serve it`,
    },
    fix: { zh: '检查拼写；自定义资源由平台提供', en: 'look at the spelling; custom kinds come from the platform' },
    ...(builtIn ? { near } : {}),
  };
}

/** A namespace that is not the one asked for with `--namespace`, which kubectl refuses as well. */
export function otherNamespace(written: string, asked: string): Said {
  return {
    rule: 'OtherNamespace',
    text: {
      zh: `清单写的命名空间是 ${written}，不是 --namespace 的 ${asked}`,
      en: `the manifest says the namespace ${written}, not ${asked} as --namespace does`,
    },
    fix: { zh: '改正其中一处', en: 'correct one of them' },
  };
}

/** Fields of another shape than the kind has, so that a rule could not read them. */
export function notAsKind(kind: string): Noted {
  return {
    rule: 'NotAsKind',
    severity: 'warning',
    text: {
      zh: `字段的类型与 ${kind} 不符，服务器会拒绝；有规则未能判断`,
      en: `the fields are not those of ${kind} and the API server will refuse them; not every rule could be judged`,
    },
    fix: { zh: '运行 kubectl apply --dry-run=server 查看', en: 'see `kubectl apply --dry-run=server`' },
  };
}

/** What was not known about where an object goes. */
export type Unknown = 'namespace' | 'tenant' | 'cloud';

const unknownTexts: Readonly<Record<Unknown, { readonly text: (namespace: string) => Text; readonly fix: Text }>> = {
  namespace: {
    text: () => ({ zh: '没有写命名空间', en: 'there is no namespace' }),
    fix: {
      zh: '写上 metadata.namespace，或加 --namespace',
      en: 'write metadata.namespace, or add `--namespace NAME`',
    },
  },
  tenant: {
    text: (namespace) => ({
      zh: `没有找到命名空间 ${namespace} 的租户清单`,
      en: `no Tenant manifest of the namespace ${namespace} was found`,
    }),
    fix: {
      zh: '与租户清单一起检查：jinhong check 工作负载 租户清单',
      en: 'check it together with its Tenant: `jinhong check WORKLOADS TENANT`',
    },
  },
  cloud: {
    text: () => ({ zh: '没有 cloud.yaml', en: 'there is no cloud.yaml' }),
    fix: { zh: '用 --cloud 指定 cloud.yaml', en: 'name cloud.yaml with `--cloud`' },
  },
};

/** Rules that could not be judged, and what to hand in so that they can. */
export function notJudged(unknown: Unknown, namespace: string, rules: readonly string[]): Noted {
  const { text, fix } = unknownTexts[unknown];
  const why = text(namespace);
  return {
    rule: 'NotJudged',
    severity: 'note',
    text: {
      zh: `${why.zh}，以下规则未能判断：${rules.join('、')}`,
      en: `${why.en}, so these rules were not judged: ${rules.join(', ')}`,
    },
    fix,
  };
}
