import { everyWrite, notByDepartments } from './platform-only.ts';

/** A centre has the platform's entrances and address ranges and no others. */
export const ownEntrance = notByDepartments({
  id: 'OwnEntrance',
  text: {
    zh: '部门不能安装自己的入口控制器、网关或地址段；发布网站请在租户清单的 hosting 中申请',
    en: "a department runs no ingress, gateway or address range of its own; publish a website in the manifest's hosting",
  },
  why: {
    zh: '自建入口绕过平台的域名归属、证书、分区和可用性统计。',
    en: 'An entrance of its own goes around the ownership of hostnames, certificates, zones and the measuring of availability.',
  },
  covers: [
    everyWrite('networking.k8s.io', ['ingressclasses', 'ipaddresses', 'servicecidrs']),
    everyWrite('gateway.networking.k8s.io', ['gatewayclasses']),
  ],
  example: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'zoo' },
    spec: { controller: 'zoo.example/ingress' },
  },
});
