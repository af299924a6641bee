import { group, labels } from '../core/model/names.ts';
import { type FieldPath, innerOf, type JsonObject, listOf, mapOf, type Rule } from './rule.ts';

interface Bond {
  readonly path: FieldPath;
  readonly text: string;
}

const ours = (text: string) => text.startsWith(`${group}/`);

/** What holds a namespace back or takes it along: of a tenant's all of it, of others what names the platform. */
function bondsOf(object: JsonObject | undefined, tenant: boolean): Bond[] {
  const metadata = innerOf(object, 'metadata');
  const finalizers = (holder: JsonObject, place: string) =>
    ((holder['finalizers'] ?? []) as string[])
      .filter((name) => tenant || ours(name))
      .map((name) => ({ path: [place, 'finalizers'], text: `${place} ${name}` }));
  const owners = listOf(metadata, 'ownerReferences')
    .filter((owner) => tenant || ours(String(owner['apiVersion'])))
    .map((owner) => ({ path: ['metadata', 'ownerReferences'], text: `owner ${String(owner['uid'])}` }));
  return [...finalizers(metadata, 'metadata'), ...finalizers(innerOf(object, 'spec'), 'spec'), ...owners];
}

function celBonds(holder: 'object' | 'oldObject'): string {
  const finalizers = (place: string) =>
    `${holder}.?${place}.?finalizers.orValue([]).filter(f, variables.tenant || f.startsWith('${group}/'))` +
    `.map(f, '${place} ' + f)`;
  return (
    `${holder} == null ? [] : ${finalizers('metadata')} + ${finalizers('spec')} + ` +
    `${holder}.?metadata.?ownerReferences.orValue([])` +
    `.filter(o, variables.tenant || o.apiVersion.startsWith('${group}/')).map(o, 'owner ' + o.uid)`
  );
}

function namespace(finalizers: readonly string[]): JsonObject {
  const metadata = { name: 'parks-web-test', labels: { [labels.tenant]: 'web' }, finalizers };
  return { apiVersion: 'v1', kind: 'Namespace', metadata };
}

/** Nobody keeps a tenant's namespace from going, makes it go without its content, or ties it to something else's end. */
export const namespaceBonds: Rule = {
  id: 'NamespaceBonds',
  text: {
    zh: '租户命名空间的终结器和属主只能由平台修改；需要变动请联系平台',
    en: "only the platform changes the finalizers and owners of a tenant's namespace; ask its engineers",
  },
  why: {
    zh: '去掉终结器会留下旧数据给下一个同名的命名空间；加上终结器或属主会让它删不掉，或跟着别的对象被删。',
    en: 'Without its finalizer old data outlive a namespace; another one keeps it for ever; an owner takes it along.',
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
    const [now, before] = [bondsOf(object, tenant), bondsOf(oldObject, tenant)];
    const missingIn = (list: readonly Bond[]) => (bond: Bond) => !list.some(({ text }) => text === bond.text);
    return [...now.filter(missingIn(before)), ...before.filter(missingIn(now))].map(({ path }) => path);
  },
  variables: [
    { name: 'tenant', cel: `oldObject != null && '${labels.tenant}' in oldObject.metadata.?labels.orValue({})` },
    { name: 'bonds', cel: celBonds('object') },
    { name: 'oldbonds', cel: celBonds('oldObject') },
  ],
  validations: [
    { name: 'added', cel: 'variables.bonds.all(b, b in variables.oldbonds)' },
    { name: 'removed', cel: 'variables.oldbonds.all(b, b in variables.bonds)' },
  ],
  passing: { oldObject: namespace([]), object: namespace([]) },
  failing: { oldObject: namespace([]), object: namespace(['example.org/wait']) },
};
