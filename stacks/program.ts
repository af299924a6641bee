import * as pulumi from '@pulumi/pulumi';
import type { KubeObject } from '../kube/types.ts';
import { isProtected, phaseOf } from './platform.ts';
import { annotated, providerVersion, resourceName, type Target, typeToken } from './registration.ts';

class Installed extends pulumi.CustomResource {
  constructor(object: KubeObject, options: pulumi.CustomResourceOptions) {
    super(typeToken(object), resourceName(object), { ...annotated(object) }, options);
  }
}

/**
 * The inline program of one centre's stack: registers each object, those of a later phase after those of all earlier
 * ones. CRDs and namespaces are protected and stay when the stack forgets them (docs/design.md 4). The provider is never
 * replaced by an edit of the kubeconfig (`clusterIdentifier`), and never forgets objects of a centre that does not answer.
 */
export function platformProgram(target: Target, objects: readonly KubeObject[]): () => Promise<void> {
  return async () => {
    const settings: Record<string, unknown> = {
      kubeconfig: target.kubeconfig,
      context: target.context,
      clusterIdentifier: target.site,
      enableServerSideApply: true,
      enableConfigMapMutable: true,
      enableSecretMutable: true,
    };
    const provider = new Provider(target.site, settings);
    const phases = new Map<number, pulumi.Resource[]>();
    for (const object of [...objects].sort((a, b) => phaseOf(a) - phaseOf(b))) {
      const phase = phaseOf(object);
      const dependsOn = [...phases].flatMap(([earlier, made]) => (earlier < phase ? made : []));
      const kept = isProtected(object);
      const made = new Installed(object, { provider, dependsOn, protect: kept, retainOnDelete: kept });
      phases.set(phase, [...(phases.get(phase) ?? []), made]);
    }
    await Promise.resolve();
  };
}

class Provider extends pulumi.ProviderResource {
  constructor(name: string, settings: Record<string, unknown>) {
    super('kubernetes', name, settings, { version: providerVersion });
  }
}
