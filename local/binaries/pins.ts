/**
 * Which version of each program the local cloud runs, and where each may come from. The Go modules beside this file pin
 * the same versions for builds; test/local/binaries compares the two.
 */

/** The programs, in the order in which a cold machine needs them. */
export const binaryNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
  'pulumi',
  'pulumi-resource-kubernetes',
] as const;

export type BinaryName = (typeof binaryNames)[number];

/** An official release. Without a pinned checksum for a platform it is not used there. */
export interface Download {
  /** `{version}`, `{os}`, `{arch}` are replaced. */
  readonly url: string;
  /** Path of the program inside the archive; absent when the file is the program itself. */
  readonly member?: string;
  /** By `<os>-<arch>`; lower-case hex. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** A build from a pinned Go module in `local/binaries/<folder>`. */
export interface GoBuild {
  readonly folder: string;
  /** The package to build, `.` for the folder's own. */
  readonly package: string;
  /** `-X` settings, `name=value`. */
  readonly variables: readonly string[];
  /** A file copied from the pinned module into the build folder before the build. */
  readonly copyFromModule?: { readonly module: string; readonly path: string };
  /** Seconds on two cores with nothing cached (docs/local.md), for the progress line. */
  readonly expectedSeconds: number;
}

/** All about one program. */
export interface BinaryPin {
  readonly name: string;
  readonly version: string;
  /** Environment variable that names the file to use. */
  readonly variable: string;
  /** Make it print its version; undefined when it cannot: then it is taken only where the user names it. */
  readonly versionArgs: readonly string[] | undefined;
  /** Finds the version in what `versionArgs` prints. */
  readonly versionPattern: RegExp;
  /** `patch`: same major and minor, patch at least the pinned one. `exact`: no other. */
  readonly accept: 'patch' | 'exact';
  readonly download?: Download;
  readonly build: GoBuild;
}

const kubernetesVersion = '1.35.0';
const providerModule = 'github.com/pulumi/pulumi-kubernetes/provider/v4';

/**
 * Checksums of the official Kubernetes 1.35.0 files, as two public repositories that pin the same downloads give them
 * (seen 2026-11-21; upstream publishes each as `<url>.sha256`). Releases of etcd and Pulumi have none here: no source
 * for them was at hand, so these are built.
 */
const kubernetesSha256: Partial<Record<BinaryName, Readonly<Record<string, string>>>> = {
  'kube-apiserver': {
    'linux-amd64': '999e4874de50139f40929d6a9f4844efc66ad09647dc0e84031daca4711f12b6',
    'linux-arm64': '1aed32db5585e85950560f8fdb09f4dfe6e5f3bcf81f0996f24ce4869cfcd7b8',
  },
  'kube-controller-manager': {
    'linux-amd64': 'd175511887be863be36c5b7ef7e859d22f08bd0e80cebca628edd48f0171c3f7',
    'linux-arm64': '2cc00a6bd20db30272701922d84ab19927e1cca924f1025562de68bc7f71a2a7',
  },
  kubectl: {
    'linux-amd64': 'a2e984a18a0c063279d692533031c1eff93a262afcc0afdc517375432d060989',
    'linux-arm64': '58f82f9fe796c375c5c4b8439850b0f3f4d401a52434052f2df46035a8789e25',
  },
};

function kubernetesPin(name: BinaryName, variable: string, expectedSeconds: number): BinaryPin {
  const set = (field: string, value: string): string => `k8s.io/component-base/version.${field}=${value}`;
  return {
    name,
    version: kubernetesVersion,
    variable,
    versionArgs: name === 'kubectl' ? ['version', '--client'] : ['--version'],
    versionPattern: name === 'kubectl' ? /Client Version: v(\S+)/ : /Kubernetes v(\S+)/,
    accept: 'patch',
    download: {
      url: `https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/${name}`,
      sha256: kubernetesSha256[name] ?? {},
    },
    build: {
      folder: 'kubernetes',
      package: `k8s.io/kubernetes/cmd/${name}`,
      variables: [
        set('gitVersion', `v${kubernetesVersion}`),
        set('gitMajor', '1'),
        set('gitMinor', '35'),
        set('gitCommit', '66452049f3d692768c39c797b21b793dce80314e'),
        set('gitTreeState', 'clean'),
        set('buildDate', '2025-12-17T00:00:00Z'),
      ],
      expectedSeconds,
    },
  };
}

/** The pin of each program. */
export const pins: Readonly<Record<BinaryName, BinaryPin>> = {
  etcd: {
    name: 'etcd',
    version: '3.6.8',
    variable: 'JINHONG_ETCD',
    versionArgs: ['--version'],
    versionPattern: /etcd Version: (\S+)/,
    accept: 'patch',
    download: {
      url: 'https://github.com/etcd-io/etcd/releases/download/v{version}/etcd-v{version}-{os}-{arch}.tar.gz',
      member: 'etcd-v{version}-{os}-{arch}/etcd',
      sha256: {},
    },
    build: { folder: 'etcd', package: 'go.etcd.io/etcd/server/v3', variables: [], expectedSeconds: 39 },
  },
  'kube-apiserver': kubernetesPin('kube-apiserver', 'JINHONG_KUBE_APISERVER', 176),
  'kube-controller-manager': kubernetesPin('kube-controller-manager', 'JINHONG_KUBE_CONTROLLER_MANAGER', 64),
  kubectl: kubernetesPin('kubectl', 'JINHONG_KUBECTL', 20),
  pulumi: {
    name: 'pulumi',
    version: '3.246.0',
    variable: 'JINHONG_PULUMI',
    versionArgs: ['version'],
    versionPattern: /^v(\S+)/m,
    accept: 'exact',
    download: {
      url: 'https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-v{version}-{os}-{arch}.tar.gz',
      member: 'pulumi/pulumi',
      sha256: {},
    },
    build: {
      folder: 'pulumi',
      package: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
      variables: ['github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.246.0'],
      expectedSeconds: 177,
    },
  },
  'pulumi-resource-kubernetes': {
    name: 'pulumi-resource-kubernetes',
    version: '4.25.0',
    variable: 'JINHONG_PULUMI_RESOURCE_KUBERNETES',
    versionArgs: undefined,
    versionPattern: /^$/,
    accept: 'exact',
    download: {
      url: 'https://github.com/pulumi/pulumi-kubernetes/releases/download/v{version}/pulumi-resource-kubernetes-v{version}-{os}-{arch}.tar.gz',
      member: 'pulumi-resource-kubernetes',
      sha256: {},
    },
    build: {
      folder: 'pulumi-kubernetes',
      package: '.',
      variables: [`${providerModule}/pkg/version.Version=v4.25.0`],
      copyFromModule: { module: providerModule, path: 'cmd/pulumi-resource-kubernetes/schema.json' },
      expectedSeconds: 431,
    },
  },
};
