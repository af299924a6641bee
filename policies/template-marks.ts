import { labels } from '../core/model/names.ts';
import { celMarks, celReservedName, isReservedName, marksOf } from './marks.ts';
import { deploymentExample, each, type Located, templateCovers, under } from './pods.ts';
import { innerOf, type JsonObject, type Rule } from './rule.ts';

/** Where kinds keep what they make, one after another. */
const templates: readonly (readonly string[])[] = [
  ['template'],
  ['spec', 'template'],
  ['spec', 'jobTemplate'],
  ['spec', 'jobTemplate', 'spec', 'template'],
];
/** Where a Pod is: as itself, or as a template. */
const pods = [[], ...templates.filter((fields) => fields.at(-1) === 'template')];

const claims = 'volumeClaimTemplates';

const into = (root: Located, fields: readonly string[]): Located => fields.reduce<Located>(under, root);

/** Everything in an object that the cluster makes another object of, and what makes volume claims by name. */
function madeOf(object: JsonObject | undefined): { readonly all: readonly Located[]; readonly named: Located[] } {
  const root: Located = { value: object ?? {}, path: [] };
  const ephemeral = pods
    .flatMap((fields) => each(into(root, [...fields, 'spec']), 'volumes'))
    .map((volume) => into(volume, ['ephemeral', 'volumeClaimTemplate']));
  const named = each(under(root, 'spec'), claims);
  return { all: [...templates.map((fields) => into(root, fields)), ...ephemeral, ...named], named };
}

const field = (fields: readonly string[]) => ['dyn(object)', ...fields].join('.?');
const madeCel = [
  `[${templates.map((fields) => `${field([...fields, 'metadata'])}.orValue({})`).join(', ')}]`,
  ...pods.map(
    (fields) =>
      `${field([...fields, 'spec', 'volumes'])}.orValue([])` +
      '.map(v, v.?ephemeral.?volumeClaimTemplate.?metadata.orValue({}))',
  ),
  'variables.claims.map(c, c.?metadata.orValue({}))',
].join(' + ');

const nameIn = (metadata: JsonObject) => String(metadata['name'] ?? '');

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
    zh: '模板中不能带平台的名称、标签、注解或终结器；请去掉 jinhong 的标记',
    en: "a template carries none of the platform's names, labels, annotations or finalizers; leave the marks of jinhong out",
  },
  why: {
    zh: '集群照模板生成对象，准入只看模板：带着平台标记的 Pod 会被当成平台或别的租户的。',
    en: "The cluster makes what a template says: a Pod with our marks would pass for the platform's or another tenant's.",
  },
  covers: [{ groups: [''], resources: ['pods'], operations: ['CREATE'] }, ...templateCovers],
  where: 'tenant',
  binds: 'tenants',
  check({ object }) {
    const { all, named } = madeOf(object);
    const names = named.map((claim) => under(claim, 'metadata')).filter(({ value }) => isReservedName(nameIn(value)));
    return [
      ...all
        .map((made) => under(made, 'metadata'))
        .flatMap((metadata) => marksOf(metadata.value).map(({ path }) => [...metadata.path, ...path])),
      ...names.map(({ path }) => [...path, 'name']),
    ];
  },
  variables: [
    { name: 'claims', cel: `${field(['spec', claims])}.orValue([])` },
    { name: 'made', cel: madeCel },
  ],
  validations: [
    { name: 'marks', cel: `variables.made.all(m, (${celMarks('m')}).size() == 0)` },
    { name: 'names', cel: `variables.claims.all(c, !${celReservedName("c.?metadata.?name.orValue('')")})` },
  ],
  passing: { object: deployment('example.org/tenant') },
  failing: { object: deployment(labels.tenant) },
};
