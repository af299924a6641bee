import { siteAccountName, termConfigMap } from '../../core/access/management.ts';
import type { Approval, Department, Grant, HostnameClaim, Site, Tenant } from '../../core/model/kinds.ts';
import { labels, namespaces } from '../../core/model/names.ts';
import { type Informer, startInformer } from '../../kube/list-watch.ts';
import { resources } from '../../kube/resource.ts';
import type { KubeObject, Resource } from '../../kube/types.ts';
import type { ControllerDeps } from '../deps.ts';
import { createFollowed, type Followable, type Followed } from './followed.ts';

/** On objects of the management controller in `dept-*` and `site-*`, so that its caches hold those alone. */
export const partOf = 'jinhong-management';

/** What each cache holds. */
interface Held {
  readonly site: Site;
  readonly department: Department;
  readonly tenant: Tenant;
  readonly approval: Approval;
  readonly grant: Grant;
  readonly hostnameClaim: HostnameClaim;
  /** All of them, so that a foreign one of our name is seen. */
  readonly namespace: KubeObject;
  readonly role: KubeObject;
  readonly roleBinding: KubeObject;
  readonly serviceAccount: KubeObject;
  /** Heartbeats of the sites. */
  readonly lease: KubeObject;
  /** The one with the term. */
  readonly configMap: KubeObject;
}

export type CacheName = keyof Held;

/** Everything that the controller decides from, each with its own last writes over it. */
export type Caches = { readonly [K in CacheName]: Followed<Held[K]> } & {
  readonly synced: Promise<unknown>;
  unready(): string[];
  stop(): Promise<void>;
};

/** Told of every change in any cache, after the cache holds it. */
export type OnChange = <K extends CacheName>(
  name: K,
  change: {
    readonly kind: 'added' | 'modified' | 'deleted';
    readonly object: Held[K];
    readonly old: Held[K] | undefined;
  },
) => void;

const mine = `${labels.partOf}=${partOf}`;

/** Starts to follow everything at once. */
export function startCaches(deps: ControllerDeps, onChange: OnChange): Caches {
  const running: { plural: string; informer: Informer<unknown> }[] = [];
  const follow = <K extends CacheName>(
    name: K,
    resource: Resource,
    more: { namespace?: string; labelSelector?: string; fieldSelector?: string } = {},
  ): Followed<Held[K]> => {
    const informer = startInformer<Held[K] & Followable>({
      client: deps.client,
      resource,
      ...more,
      clock: deps.clock,
      random: deps.random,
      log: deps.log,
      metrics: deps.metrics.informer(deps.client.name),
      maxBackoffMs: deps.config.current().timings.backoffMaxMs,
      relistMs: deps.config.current().timings.resyncMs,
      onChange: (_key, kind, object, old) => onChange(name, { kind, object, old }),
    });
    deps.metrics.watchInformer(deps.client.name, resource.kind, informer);
    running.push({ plural: resource.plural, informer });
    return createFollowed<Held[K] & Followable>(informer);
  };
  return {
    site: follow('site', resources.site),
    department: follow('department', resources.department),
    tenant: follow('tenant', resources.tenant),
    approval: follow('approval', resources.approval),
    grant: follow('grant', resources.grant),
    hostnameClaim: follow('hostnameClaim', resources.hostnameClaim),
    namespace: follow('namespace', resources.namespace),
    role: follow('role', resources.role, { labelSelector: mine }),
    roleBinding: follow('roleBinding', resources.roleBinding, { labelSelector: mine }),
    serviceAccount: follow('serviceAccount', resources.serviceAccount, { labelSelector: mine }),
    lease: follow('lease', resources.lease, { fieldSelector: `metadata.name=${siteAccountName}` }),
    configMap: follow('configMap', resources.configMap, {
      namespace: namespaces.operations,
      fieldSelector: `metadata.name=${termConfigMap}`,
    }),
    synced: Promise.all(running.map(({ informer }) => informer.synced)),
    unready: () => running.filter(({ informer }) => !informer.hasSynced()).map(({ plural }) => plural),
    async stop() {
      await Promise.all(running.map(({ informer }) => informer.stop()));
    },
  };
}
