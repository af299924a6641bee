import { annotations, group, labels } from '../core/model/names.ts';
import { celMap, type FieldPath, type JsonObject, mapOf, type Rule } from './rule.ts';

const podSecurity = 'pod-security.kubernetes.io/';

/** Marks that say whose a namespace is; on a tenant's namespace also those that protect it. */
function isMark(key: string, tenant: boolean): boolean {
  const own = key.startsWith(`${group}/`) || key.startsWith(`ancestor.${group}/`);
  return own || (tenant && (key.startsWith(podSecurity) || key === labels.managedBy));
}

const celMark =
  `(k.startsWith('${group}/') || k.startsWith('ancestor.${group}/') || (variables.tenant && ` +
  `(k.startsWith('${podSecurity}') || k == '${labels.managedBy}')))`;

function sameCel(field: 'labels' | 'annotations'): string {
  const [now, before] = [`variables.${field}`, `variables.old${field}`];
  return (
    `${now}.all(k, !${celMark} || (k in ${before} && ${before}[k] == ${now}[k])) && ` +
    `${before}.all(k, !${celMark} || k in ${now})`
  );
}

function namespace(groups: string): JsonObject {
  const metadata = {
    name: 'parks-web-test',
    labels: { [labels.tenant]: 'web' },
    annotations: { [annotations.groups]: groups },
  };
  return { apiVersion: 'v1', kind: 'Namespace', metadata };
}

/** Nobody moves a namespace to another tenant, or loosens what its marks say. */
export const platformMarks: Rule = {
  id: 'PlatformMarks',
  text: {
    zh: '命名空间上的平台标签和注解只能由平台修改',
    en: "only the platform changes the platform's labels and annotations of a namespace",
  },
  why: {
    zh: '隔离、配额和访问都按这些标签判断；改了标签就等于换了租户。',
    en: 'Isolation, quota and access follow these marks: whoever changes them changes whose the namespace is.',
  },
  covers: [
    {
      groups: [''],
      resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'],
      operations: ['CREATE', 'UPDATE'],
    },
  ],
  where: 'everywhere',
  binds: 'people',
  check({ object, oldObject }) {
    const tenant = labels.tenant in mapOf(oldObject, 'labels');
    const found: FieldPath[] = [];
    for (const field of ['labels', 'annotations'] as const) {
      const [now, before] = [mapOf(object, field), mapOf(oldObject, field)];
      for (const key of new Set([...Object.keys(now), ...Object.keys(before)])) {
        if (isMark(key, tenant) && now[key] !== before[key]) found.push(['metadata', field, key]);
      }
    }
    return found;
  },
  variables: [
    { name: 'labels', cel: celMap('object', 'labels') },
    { name: 'oldlabels', cel: celMap('oldObject', 'labels') },
    { name: 'annotations', cel: celMap('object', 'annotations') },
    { name: 'oldannotations', cel: celMap('oldObject', 'annotations') },
    { name: 'tenant', cel: `'${labels.tenant}' in variables.oldlabels` },
  ],
  validations: [
    { name: 'labels', cel: sameCel('labels') },
    { name: 'annotations', cel: sameCel('annotations') },
  ],
  passing: { oldObject: namespace('parks-admins'), object: namespace('parks-admins') },
  failing: { oldObject: namespace('parks-admins'), object: namespace('strangers') },
};
