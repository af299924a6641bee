import { join } from 'node:path';
import type { CentrePorts } from './ports.ts';
import type { ProcessId } from './processes.ts';

/** The processes of a centre, in the order of their start. */
export const centreProcesses = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const;

export type CentreProcess = (typeof centreProcesses)[number];

/** What `centre.json` remembers, so that a later command finds the processes and the same ports again. */
export interface CentreState {
  readonly name: string;
  readonly ports: CentrePorts;
  /** Second octet of the Service range is 60 + this. */
  readonly index: number;
  readonly unsafeNoFsync: boolean;
  readonly processes: Partial<Record<CentreProcess, ProcessId>>;
}

/** Where the parts of a centre lie below its folder; pure. */
export interface CentrePaths {
  readonly dir: string;
  readonly state: string;
  readonly pki: string;
  readonly etcdData: string;
  readonly logs: string;
  /** JSON lines, one event each, rotated beside it as `audit-<time>.log`. */
  readonly auditLog: string;
  readonly auditPolicy: string;
  readonly controllersKubeconfig: string;
}

/** The paths of the centre in `dir`. */
export function centrePaths(dir: string): CentrePaths {
  return {
    dir,
    state: join(dir, 'centre.json'),
    pki: join(dir, 'pki'),
    etcdData: join(dir, 'etcd'),
    logs: join(dir, 'logs'),
    auditLog: join(dir, 'audit', 'audit.log'),
    auditPolicy: join(dir, 'audit-policy.yaml'),
    controllersKubeconfig: join(dir, 'controllers.kubeconfig'),
  };
}

/** The log of one process of a centre (or of a program that the node runs there). */
export function logFileOf(centreDir: string, process: string): string {
  return join(centreDir, 'logs', `${process}.log`);
}

/** The Service range of the centre with this index: a loopback range, so that a process can bind a ClusterIP (design 10). */
export function serviceRange(index: number): string {
  return `127.${60 + index}.0.0/16`;
}

/** Most centres one machine can hold: 127.60.0.0/16 to 127.254.0.0/16. */
export const maxCentres = 195;
