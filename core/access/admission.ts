import type { Cloud } from '../model/cloud.ts';
import { annotations, labels } from '../model/names.ts';
import type { Text } from '../text/lang.ts';
import { controllerUsers, ourGroup, type PlainObject, platformLabels } from './objects.ts';

/**
 * Rules that the API server itself enforces on people, so that they hold while every controller is down (docs/design.md
 * 11.3): who may decide, what may not be deleted, which marks may not be changed, and how far a tenant's own policies and
 * bindings reach. All fail closed.
 */

/** One rule with its name for people; `cel` is true when the request is allowed. */
export interface AdmissionRule {
  /** Stable CamelCase name, shown in the refusal. */
  readonly id: string;
  readonly cel: string;
  readonly text: Text;
}

interface Policy {
  readonly name: string;
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
  /** Requests are judged only where all of these hold. */
  readonly when?: readonly { readonly name: string; readonly cel: string }[];
  readonly variables?: readonly { readonly name: string; readonly cel: string }[];
  readonly rules: readonly AdmissionRule[];
  /** Only in namespaces that carry this label. */
  readonly namespaceLabel?: string;
}

const admission = 'admissionregistration.k8s.io';
const user = 'request.userInfo.username';
const quoted = (list: readonly string[]) => `[${list.map((item) => `'${item}'`).join(', ')}]`;
const mapOf = (holder: string, field: 'labels' | 'annotations') =>
  `(${holder} == null || !has(${holder}.metadata.${field}) ? {} : ${holder}.metadata.${field})`;

/** Marks that say whose a namespace is; on a tenant's namespace also those that protect it. */
const ourMark =
  `(k.startsWith('${ourGroup}/') || k.startsWith('ancestor.${ourGroup}/') || (variables.tenant && ` +
  `(k.startsWith('pod-security.kubernetes.io/') || k == '${labels.managedBy}')))`;

function sameMarks(field: 'labels' | 'annotations'): string {
  const [now, before] = [`variables.${field}`, `variables.old${field}`];
  return (
    `${now}.all(k, !${ourMark} || (k in ${before} && ${before}[k] == ${now}[k])) && ` +
    `${before}.all(k, !${ourMark} || k in ${now})`
  );
}

const approvalPolicy: Policy = {
  name: 'jinhong-approvals',
  groups: [ourGroup],
  resources: ['approvals'],
  operations: ['CREATE'],
  variables: [
    {
      name: 'listed',
      cel:
        `namespaceObject.metadata.?annotations[object.spec.part == 'funds' ? '${annotations.fundsReviewers}' : ` +
        `'${annotations.projectReviewers}'].orValue('')`,
    },
    { name: 'reviewers', cel: "variables.listed.split(',').map(group, group.trim()).filter(group, group != '')" },
  ],
  rules: [
    {
      id: 'DecidedByCaller',
      cel: `object.spec.decidedBy == ${user}`,
      text: { zh: 'decidedBy 必须是提交者本人', en: 'decidedBy must be the caller' },
    },
    {
      id: 'NotAReviewer',
      cel: 'has(request.userInfo.groups) && request.userInfo.groups.exists(group, group in variables.reviewers)',
      text: {
        zh: '只有该部门此项内容的审批组可以作出决定',
        en: 'only a group that reviews this part for the department may decide',
      },
    },
  ],
};

const deletionPolicy: Policy = {
  name: 'jinhong-protected-deletion',
  groups: ['', 'apiextensions.k8s.io'],
  resources: ['customresourcedefinitions', 'namespaces'],
  operations: ['DELETE'],
  when: [
    {
      name: 'ours',
      cel:
        `request.resource.group == '' ? (['dept-', 'site-', 'jinhong-'].exists(p, oldObject.metadata.name.startsWith(p)) ` +
        `|| '${labels.tenant}' in ${mapOf('oldObject', 'labels')}) : oldObject.metadata.name.endsWith('.${ourGroup}')`,
    },
  ],
  variables: [
    { name: 'oldlabels', cel: mapOf('oldObject', 'labels') },
    { name: 'oldannotations', cel: mapOf('oldObject', 'annotations') },
  ],
  rules: [
    {
      id: 'ProtectedObject',
      cel:
        `('${labels.tenant}' in variables.oldlabels && ${user} == '${controllerUsers.site}') || ` +
        `('${annotations.allowDelete}' in variables.oldannotations && ` +
        `variables.oldannotations['${annotations.allowDelete}'] == oldObject.metadata.name)`,
      text: {
        zh: `平台管理的对象，删除前须有注解 ${annotations.allowDelete}（jinhong destroy 会加）`,
        en: `managed by the platform: deleting it needs the annotation ${annotations.allowDelete} (set by jinhong destroy)`,
      },
    },
  ],
};

function marksPolicy(groups: Cloud['groups']): Policy {
  const writers = quoted([controllerUsers.management, controllerUsers.site]);
  const staff = quoted(['system:masters', groups.platform, groups.breakGlass]);
  return {
    name: 'jinhong-namespace-marks',
    groups: [''],
    resources: ['namespaces'],
    operations: ['CREATE', 'UPDATE'],
    when: [
      {
        name: 'others',
        cel:
          `!(${user} in ${writers}) && !(has(request.userInfo.groups) && ` +
          `request.userInfo.groups.exists(group, group in ${staff}))`,
      },
    ],
    variables: [
      { name: 'labels', cel: mapOf('object', 'labels') },
      { name: 'oldlabels', cel: mapOf('oldObject', 'labels') },
      { name: 'annotations', cel: mapOf('object', 'annotations') },
      { name: 'oldannotations', cel: mapOf('oldObject', 'annotations') },
      { name: 'tenant', cel: `'${labels.tenant}' in variables.oldlabels` },
    ],
    rules: [
      {
        id: 'PlatformMarks',
        cel: `${sameMarks('labels')} && ${sameMarks('annotations')}`,
        text: {
          zh: '命名空间上的平台标签和注解只能由平台修改',
          en: "only the platform changes the platform's labels and annotations of a namespace",
        },
      },
    ],
  };
}

const notSiteController = { name: 'people', cel: `${user} != '${controllerUsers.site}'` };

/** Peers of a tenant's own policy: Pods of its own namespace, never addresses, other namespaces or everyone. */
function narrow(direction: 'ingress' | 'egress', peers: 'from' | 'to'): string {
  return (
    `!has(object.spec.${direction}) || object.spec.${direction}.all(r, has(r.${peers}) && r.${peers}.size() > 0 && ` +
    `r.${peers}.all(p, has(p.podSelector) && !has(p.namespaceSelector) && !has(p.ipBlock)))`
  );
}

const networkPolicy: Policy = {
  name: 'jinhong-tenant-network-policies',
  groups: ['networking.k8s.io'],
  resources: ['networkpolicies'],
  operations: ['CREATE', 'UPDATE'],
  namespaceLabel: labels.tenant,
  when: [notSiteController],
  rules: [
    {
      id: 'NarrowNetworkPolicy',
      cel: `(${narrow('ingress', 'from')}) && (${narrow('egress', 'to')})`,
      text: {
        zh: '租户自己的网络策略只能放行本命名空间内的 Pod；对外访问请在租户清单的 egress 中申请',
        en: "a tenant's own network policy may name Pods of its namespace only; ask for more in the manifest's egress",
      },
    },
  ],
};

const bindingPolicy: Policy = {
  name: 'jinhong-tenant-bindings',
  groups: ['rbac.authorization.k8s.io'],
  resources: ['rolebindings'],
  operations: ['CREATE', 'UPDATE'],
  namespaceLabel: labels.tenant,
  when: [notSiteController],
  variables: [
    {
      name: 'groups',
      cel: `namespaceObject.metadata.?annotations['${annotations.groups}'].orValue('').split(',')`,
    },
  ],
  rules: [
    {
      id: 'BindingOutsideTenant',
      cel:
        "!has(object.subjects) || object.subjects.all(s, (s.kind == 'ServiceAccount' && has(s.namespace) && " +
        "s.namespace == object.metadata.namespace) || (s.kind == 'Group' && s.name in variables.groups))",
      text: {
        zh: '只能授权给本命名空间的服务账号或租户的成员组',
        en: "only service accounts of this namespace and the tenant's member groups can be bound",
      },
    },
  ],
};

/** The admission policies of every centre, each followed by its binding. Pure. */
export function admissionObjects(groups: Cloud['groups']): PlainObject[] {
  const policies = [approvalPolicy, deletionPolicy, marksPolicy(groups), networkPolicy, bindingPolicy];
  return policies.flatMap((policy) => [policyObject(policy), bindingObject(policy)]);
}

/** Every admission rule by its id, for `jinhong explain RULE` and for mapping a refusal back. Pure. */
export function admissionRules(): readonly AdmissionRule[] {
  const anyGroups = { platform: '', onCall: '', supervision: '', breakGlass: '' };
  const policies = [approvalPolicy, deletionPolicy, marksPolicy(anyGroups), networkPolicy, bindingPolicy];
  return policies.flatMap((policy) => policy.rules);
}

function policyObject(policy: Policy): PlainObject {
  return {
    apiVersion: `${admission}/v1`,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: policy.name, labels: { ...platformLabels } },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [
          {
            apiGroups: [...policy.groups],
            apiVersions: ['*'],
            operations: [...policy.operations],
            resources: [...policy.resources],
            scope: '*',
          },
        ],
      },
      ...(policy.when === undefined ? {} : { matchConditions: policy.when.map(toExpression) }),
      ...(policy.variables === undefined ? {} : { variables: policy.variables.map(toExpression) }),
      validations: policy.rules.map(({ id, cel, text }) => ({
        expression: cel,
        message: `${id}: ${text.en} / ${text.zh}`,
        reason: 'Forbidden',
      })),
    },
  };
}

function bindingObject(policy: Policy): PlainObject {
  const selector =
    policy.namespaceLabel === undefined
      ? {}
      : { matchExpressions: [{ key: policy.namespaceLabel, operator: 'Exists' }] };
  return {
    apiVersion: `${admission}/v1`,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: policy.name, labels: { ...platformLabels } },
    spec: {
      policyName: policy.name,
      validationActions: ['Deny'],
      ...(policy.namespaceLabel === undefined
        ? {}
        : { matchResources: { matchPolicy: 'Equivalent', namespaceSelector: selector, objectSelector: {} } }),
    },
  };
}

function toExpression(entry: { readonly name: string; readonly cel: string }): { name: string; expression: string } {
  return { name: entry.name, expression: entry.cel };
}
