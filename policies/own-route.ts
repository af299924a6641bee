import { everyWrite, notInTenants, writes } from './platform-only.ts';

/** A tenant's websites are routed by the platform, from what the manifest says. */
export const ownRoute = notInTenants({
  id: 'OwnRoute',
  text: {
    zh: '租户不能自建 Ingress、网关或路由；发布网站请在租户清单的 hosting 中申请',
    en: "a tenant makes no Ingress, gateway or route of its own; publish a website in the manifest's hosting",
  },
  why: {
    zh: '自建的路由可以抢占别人的域名、把请求引到内部地址；跨命名空间的授权会打开租户之间的墙。',
    en: "A route of one's own can take another's hostname or lead to inner addresses; a grant for it opens the wall.",
  },
  covers: [
    everyWrite('networking.k8s.io', ['ingresses']),
    {
      groups: ['gateway.networking.k8s.io', 'gateway.networking.x-k8s.io'],
      resources: ['*/*'],
      operations: writes,
    },
  ],
  example: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'zoo' },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
  },
});
