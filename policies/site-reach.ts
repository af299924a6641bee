import { controllerUsers } from '../core/access/objects.ts';
import { memberRoles } from '../core/desired/names.ts';
import { bindingExample } from './bindings.ts';
import { celBinding, celGroups, celPlace, celRole, isBinding, noGroups, placeOf, reachCovers } from './reach.ts';
import { celList, type FieldPath, innerOf, type Rule } from './rule.ts';

/** No tenant's namespace begins like this, since no department has such a code (docs/design.md 2). */
const prefixes = ['default-', 'dept-', 'jinhong-', 'kube-', 'site-', 'velero-'];
const names = ['default', 'velero'];
const roles = Object.values(memberRoles);

const binding = (role: string) =>
  bindingExample({ name: memberRoles.view, namespace: 'parks-web-production', role, to: 'parks-staff' });

/** The site controller works in tenants' namespaces and lets groups of the directory in; nobody uses its account for more. */
export const siteReach: Rule = {
  id: 'SiteReach',
  text: {
    zh: '站点控制器只写租户的命名空间，且只能把成员角色授予名录中的用户组',
    en: "the site controller writes tenants' namespaces only, and binds the roles of members to groups of the directory only",
  },
  why: {
    zh: '它的账号若被盗用，不得把自己的权限转给他人，也不得进入平台和系统的命名空间读取密钥。',
    en: 'Its account, once stolen, must not hand its rights on, nor enter namespaces of the platform and read Secrets there.',
  },
  covers: reachCovers,
  where: 'everywhere',
  binds: 'all',
  check(request) {
    if (request.user !== controllerUsers.site) return [];
    const place = placeOf(request);
    const found: FieldPath[] = [];
    if (names.includes(place) || prefixes.some((prefix) => place.startsWith(prefix))) found.push(['metadata']);
    if (!isBinding(request)) return found;
    const { kind, name } = innerOf(request.object, 'roleRef');
    if (kind !== 'ClusterRole' || !roles.some((role) => role === name)) found.push(['roleRef']);
    return [...found, ...noGroups(request.object)];
  },
  when: [{ name: 'site', cel: `request.userInfo.username == '${controllerUsers.site}'` }],
  variables: [
    { name: 'place', cel: celPlace },
    { name: 'binding', cel: celBinding },
  ],
  validations: [
    {
      name: 'place',
      cel: `!(variables.place in ${celList(names)}) && !${celList(prefixes)}.exists(p, variables.place.startsWith(p))`,
    },
    { name: 'role', cel: `!variables.binding || (${celRole('ClusterRole', roles)})` },
    { name: 'groups', cel: `!variables.binding || ${celGroups}` },
  ],
  passing: { object: binding(memberRoles.view), by: 'site' },
  failing: { object: binding('jinhong-site'), by: 'site' },
};
