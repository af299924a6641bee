import { labels } from '../core/model/names.ts';
import { celMarks, marksOf } from './marks.ts';
import { deploymentExample, templateCovers } from './pods.ts';
import { type FieldPath, innerOf, type JsonObject, listOf, type Rule } from './rule.ts';

/** Where kinds keep the metadata of what they make, one after another. */
const holders: readonly (readonly string[])[] = [
  ['template', 'metadata'],
  ['spec', 'template', 'metadata'],
  ['spec', 'jobTemplate', 'metadata'],
  ['spec', 'jobTemplate', 'spec', 'template', 'metadata'],
];

const claims = 'volumeClaimTemplates';

function deployment(key: string): JsonObject {
  const { spec, ...rest } = deploymentExample();
  const template = {
    ...innerOf(spec as JsonObject, 'template'),
    metadata: { labels: { app: 'web', [key]: 'meters' } },
  };
  return { ...rest, spec: { ...(spec as JsonObject), template } };
}

/** Nobody has the cluster make objects that look like the platform's. */
export const templateMarks: Rule = {
  id: 'TemplateMarks',
  text: {
    zh: '模板中不能带平台的标签、注解或终结器；请去掉 jinhong 的标记',
    en: "a template carries none of the platform's labels, annotations or finalizers; leave the marks of jinhong out",
  },
  why: {
    zh: '集群照模板生成对象，准入只看模板：带着平台标记的 Pod 会被当成平台或别的租户的。',
    en: "The cluster makes what a template says: a Pod with our marks would pass for the platform's or another tenant's.",
  },
  covers: templateCovers,
  where: 'tenant',
  binds: 'tenants',
  check({ object }) {
    const inClaims = listOf(innerOf(object, 'spec'), claims).flatMap((claim, index): FieldPath[] =>
      marksOf(innerOf(claim, 'metadata')).map(({ path }) => ['spec', claims, index, 'metadata', ...path]),
    );
    return [
      ...holders.flatMap((fields): FieldPath[] =>
        marksOf(innerOf(object, ...fields)).map(({ path }) => [...fields, ...path]),
      ),
      ...inClaims,
    ];
  },
  variables: [
    {
      name: 'holders',
      cel:
        `[${holders.map((fields) => `dyn(object).?${fields.join('.?')}.orValue({})`).join(', ')}] + ` +
        `dyn(object).?spec.?${claims}.orValue([]).map(claim, claim.?metadata.orValue({}))`,
    },
  ],
  validations: [{ name: 'marks', cel: `variables.holders.all(m, (${celMarks('m')}).size() == 0)` }],
  passing: { object: deployment('example.org/tenant') },
  failing: { object: deployment(labels.tenant) },
};
