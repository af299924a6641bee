import { boundInDepartments, siteAccountName } from '../core/access/management.ts';
import { controllerUsers } from '../core/access/objects.ts';
import { bindingExample } from './bindings.ts';
import { celBinding, celGroups, celPlace, celRole, isBinding, noGroups, placeOf, reachCovers } from './reach.ts';
import { type FieldPath, innerOf, type JsonObject, listOf, type Rule } from './rule.ts';

const prefixes = { department: 'dept-', site: 'site-' } as const;

const binding = (role: string) => bindingExample({ name: 'viewers', namespace: 'dept-parks', role, to: 'parks-staff' });

/** The account by which a site is known, and no other. */
function otherAccounts(object: JsonObject | undefined, place: string): FieldPath[] {
  return listOf(object ?? {}, 'subjects').flatMap(({ kind, name, namespace }, index): FieldPath[] =>
    kind === 'ServiceAccount' && name === siteAccountName && namespace === place ? [] : [['subjects', index]],
  );
}

const celSite =
  `dyn(object).?subjects.orValue([]).all(s, s.kind == 'ServiceAccount' && s.name == '${siteAccountName}' && ` +
  "s.?namespace.orValue('') == variables.place)";

/** The management controller works in the namespaces of departments and sites; nobody uses its account for more. */
export const managementReach: Rule = {
  id: 'ManagementReach',
  text: {
    zh: '管理控制器只写部门和站点的命名空间，且只能授予部门角色和站点自己的角色',
    en: 'the management controller writes namespaces of departments and sites only, and binds only the roles meant for them',
  },
  why: {
    zh: '它的账号若被盗用，不得把自己的权限转给他人，也不得进入平台和系统的命名空间。',
    en: 'Its account, once stolen, must not hand its rights on, nor enter namespaces of the platform or the system.',
  },
  covers: reachCovers,
  where: 'everywhere',
  binds: 'all',
  check(request) {
    if (request.user !== controllerUsers.management) return [];
    const { object } = request;
    const place = placeOf(request);
    const department = place.startsWith(prefixes.department);
    const found: FieldPath[] = [];
    if (!department && !place.startsWith(prefixes.site)) found.push(['metadata']);
    if (!isBinding(request)) return found;
    const { kind, name } = innerOf(object, 'roleRef');
    const meant = department
      ? kind === 'ClusterRole' && boundInDepartments.some((role) => role === name)
      : kind === 'Role' && name === siteAccountName;
    if (!meant) found.push(['roleRef']);
    return [...found, ...(department ? noGroups(object) : otherAccounts(object, place))];
  },
  when: [{ name: 'management', cel: `request.userInfo.username == '${controllerUsers.management}'` }],
  variables: [
    { name: 'place', cel: celPlace },
    { name: 'department', cel: `variables.place.startsWith('${prefixes.department}')` },
    { name: 'binding', cel: celBinding },
  ],
  validations: [
    { name: 'place', cel: `variables.department || variables.place.startsWith('${prefixes.site}')` },
    {
      name: 'role',
      cel:
        `!variables.binding || (variables.department ? (${celRole('ClusterRole', boundInDepartments)}) : ` +
        `(${celRole('Role', [siteAccountName])}))`,
    },
    { name: 'subjects', cel: `!variables.binding || (variables.department ? ${celGroups} : ${celSite})` },
  ],
  passing: { object: binding(boundInDepartments[1]), by: 'management' },
  failing: { object: binding('jinhong-management'), by: 'management' },
};
