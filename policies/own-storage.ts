import { everyWrite, notByDepartments } from './platform-only.ts';

/** Disks come from the platform's storage classes; tenants only claim them. */
export const ownStorage = notByDepartments({
  id: 'OwnStorage',
  text: {
    zh: '存储类、驱动和卷由平台管理；请用 PersistentVolumeClaim 申请，容量写在租户清单的 quota 中',
    en: "storage classes, drivers and volumes are the platform's; claim a volume within the manifest's requests.storage",
  },
  why: {
    zh: '自建的卷可以指向节点的目录或别人的磁盘，也不在容量和备份的统计里。',
    en: "A volume of one's own can point at a node's folder or at somebody else's disk, and is neither counted nor copied.",
  },
  covers: [
    everyWrite('', ['persistentvolumes']),
    everyWrite('storage.k8s.io', [
      'csidrivers',
      'csinodes',
      'csistoragecapacities',
      'storageclasses',
      'volumeattachments',
      'volumeattributesclasses',
    ]),
  ],
  example: {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'zoo' },
    provisioner: 'zoo.example/disk',
  },
});
