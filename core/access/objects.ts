import { labels, namespaces, apiVersion as ourApiVersion } from '../model/names.ts';

/** A Kubernetes object as this folder writes it: plain JSON, every field that the server would fill in is written out. */
export interface PlainObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** One rule of a Role or ClusterRole; lists sorted and without doubles, `resourceNames` absent when any object is meant. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

/** Who gets a role. */
export type Subject =
  | { kind: 'Group' | 'User'; name: string }
  | { kind: 'ServiceAccount'; name: string; namespace: string };

const rbac = 'rbac.authorization.k8s.io';

/** API group of Roles and their bindings. */
export const rbacGroup = rbac;
export const rbacVersion = `${rbac}/v1`;

/** Labels of every object that `jinhong up` installs. */
export const platformLabels: Readonly<Record<string, string>> = {
  [labels.managedBy]: 'jinhong',
  [labels.partOf]: 'jinhong-platform',
};

/** A ClusterRole, or a Role when `namespace` is given. Pure. */
export function role(name: string, rules: readonly PolicyRule[], namespace?: string): PlainObject {
  return {
    apiVersion: rbacVersion,
    kind: namespace === undefined ? 'ClusterRole' : 'Role',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels: { ...platformLabels } },
    rules: rules.map((rule) => ({ ...rule })),
  };
}

/** What a binding ties together; without `namespace` it holds in the whole cluster. */
export interface BindingOptions {
  readonly name: string;
  readonly role: { readonly kind: 'ClusterRole' | 'Role'; readonly name: string };
  readonly subjects: readonly Subject[];
  readonly namespace?: string;
}

/** A ClusterRoleBinding or RoleBinding with every defaulted field written out, so that reading it back gives the same. Pure. */
export function binding(options: BindingOptions): PlainObject {
  const { name, namespace } = options;
  return {
    apiVersion: rbacVersion,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels: { ...platformLabels } },
    roleRef: { apiGroup: rbac, kind: options.role.kind, name: options.role.name },
    subjects: options.subjects.map((subject) =>
      subject.kind === 'ServiceAccount' ? { ...subject } : { ...subject, apiGroup: rbac },
    ),
  };
}

/** The user name that the API server gives to a ServiceAccount. */
export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** Names of the controllers, which are also those of their ServiceAccounts, roles and Deployments. */
export const controllers = { management: 'jinhong-management', site: 'jinhong-site' } as const;

/** User names of the controllers in their own cluster. */
export const controllerUsers = {
  management: serviceAccountUser(namespaces.system, controllers.management),
  site: serviceAccountUser(namespaces.system, controllers.site),
} as const;

/** API group of our own kinds. */
export const ourGroup = ourApiVersion.split('/')[0] ?? '';
