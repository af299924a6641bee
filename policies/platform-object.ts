import { managedByValue, objectNames } from '../core/desired/names.ts';
import { labels } from '../core/model/names.ts';
import {
  celMarks,
  celReservedName,
  celSame,
  celTies,
  isReservedName,
  type Mark,
  marksOf,
  nameOf,
  sameMarks,
  tiesOf,
} from './marks.ts';
import { writes } from './platform-only.ts';
import { type FieldPath, innerOf, type JsonObject, type Rule, type RuleRequest } from './rule.ts';

const account = { resource: 'serviceaccounts', name: objectNames.serviceAccount } as const;

function settings(manager: string): JsonObject {
  const metadata = { name: 'settings', namespace: 'parks-web-production', labels: { [labels.managedBy]: manager } };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { colour: 'green' } };
}

/** The platform's own default account, to which members add the names of their pull secrets. */
function isShared({ resource, subresource, operation, object }: RuleRequest, before: readonly Mark[]): boolean {
  const named = resource === account.resource && subresource === '' && nameOf(object) === account.name;
  return named && operation === 'UPDATE' && before.length > 0;
}

/**
 * What the platform made in a tenant's namespace is changed by the platform only, by whatever path; and nobody else makes
 * objects that look like it.
 */
export const platformObject: Rule = {
  id: 'PlatformObject',
  text: {
    zh: '以 jinhong 命名或标记的对象只能由平台管理；需要变动请修改租户清单',
    en: "objects with a name or mark of jinhong are the platform's; change the tenant manifest instead",
  },
  why: {
    zh: '网络隔离、配额和权限都在这些对象里；仿造的标记会让平台或巡检把别人的对象当成平台的。',
    en: 'Isolation, quota and access are in these objects; a forged mark passes a stranger off as one of them.',
  },
  covers: [{ groups: ['*'], resources: ['*/*'], operations: writes }],
  where: 'tenant',
  binds: 'tenants',
  check(request) {
    const { object, oldObject } = request;
    const found: FieldPath[] = [];
    if (isReservedName(nameOf(object ?? oldObject))) found.push(['metadata', 'name']);
    const metadata = [object, oldObject].map((one) => innerOf(one, 'metadata'));
    const [now = [], before = []] = metadata.map(marksOf);
    if (!isShared(request, before)) {
      return [...found, ...[...now, ...before].map(({ path }) => ['metadata', ...path])];
    }
    const [ties = [], tiesBefore = []] = metadata.map((one) => tiesOf(one));
    if (!sameMarks(now, before) || !sameMarks(ties, tiesBefore)) found.push(['metadata']);
    const token = (account: JsonObject | undefined) => account?.['automountServiceAccountToken'] ?? true;
    if (token(object) !== token(oldObject)) found.push(['automountServiceAccountToken']);
    return found;
  },
  variables: [
    { name: 'metadata', cel: '(object != null ? object : oldObject).?metadata.orValue({})' },
    { name: 'name', cel: "variables.metadata.?name.orValue('')" },
    { name: 'new', cel: 'object == null ? {} : object.?metadata.orValue({})' },
    { name: 'old', cel: 'oldObject == null ? {} : oldObject.?metadata.orValue({})' },
    { name: 'marks', cel: celMarks('variables.new') },
    { name: 'oldmarks', cel: celMarks('variables.old') },
    { name: 'ties', cel: celTies('variables.new') },
    { name: 'oldties', cel: celTies('variables.old') },
    {
      name: 'shared',
      cel:
        `request.resource.resource == '${account.resource}' && request.?subResource.orValue('') == '' && ` +
        `request.operation == 'UPDATE' && variables.name == '${account.name}' && variables.oldmarks.size() > 0`,
    },
  ],
  validations: [
    { name: 'name', cel: `!${celReservedName('variables.name')}` },
    {
      name: 'marks',
      cel:
        `variables.shared ? (${celSame('variables.marks', 'variables.oldmarks')}) : ` +
        'variables.marks.size() == 0 && variables.oldmarks.size() == 0',
    },
    // Whoever gives it an owner that does not exist has the garbage collector remove it.
    { name: 'ties', cel: `!variables.shared || (${celSame('variables.ties', 'variables.oldties')})` },
    {
      name: 'token',
      cel:
        '!variables.shared || object.?automountServiceAccountToken.orValue(true) == ' +
        'oldObject.?automountServiceAccountToken.orValue(true)',
    },
  ],
  passing: { object: settings('helm') },
  failing: { object: settings(managedByValue) },
};
