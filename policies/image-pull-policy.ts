import { at, deploymentExample, type Located, podRule, text, under } from './pods.ts';
import type { FieldPath } from './rule.ts';

const path = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*';
const host =
  '([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*|\\[[a-fA-F0-9:]+\\])(:[0-9]+)?';
const digest = '@(sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})';
const reference = new RegExp(
  `^(?<name>(${host}/)?(?<path>${path}(/${path})*))(:(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?<digest>${digest})?$`,
);

/**
 * What the API server fills in for a missing policy: `Always` for the tag `latest` and for neither tag nor digest; anything
 * else, a name that is none too, gets `IfNotPresent`. The grammar is that of distribution/reference v0.6.0, in which a
 * first part in lower case without dot or port is a folder of Docker Hub.
 */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const parts = reference.exec(image)?.groups;
  if (parts === undefined || /^[a-f0-9]{64}$/.test(image)) return 'IfNotPresent';
  const { name = '', path: repository = '', tag = '', digest: sum } = parts;
  const first = name.split('/')[0] ?? '';
  const hasHost = first !== name && (first === 'localhost' || /[.:]|[A-Z]/.test(first));
  const official = hasHost ? '' : name.includes('/') ? '' : 'library/';
  const length = (hasHost ? repository : `${official}${name}`).length;
  if (length > 255) return 'IfNotPresent';
  return tag === 'latest' || (tag === '' && sum === undefined) ? 'Always' : 'IfNotPresent';
}

/** The way to a policy that is not `Always`, written or filled in. */
function notAlways(part: Located, image: string, policy: string): FieldPath[] {
  const name = part.value[image];
  const written = part.value[policy];
  const stored = written === undefined || written === null || written === '' ? defaultPullPolicy(text(name)) : written;
  return stored === 'Always' ? [] : [[...part.path, policy]];
}

/** Images are asked for at their registry each time, so that rights on them are checked each time. */
export const imagePullPolicy = podRule({
  id: 'ImagePullPolicy',
  text: {
    zh: 'imagePullPolicy（镜像卷为 pullPolicy）须为 Always；不写时只有标签 latest 才是 Always，请写明',
    en:
      'imagePullPolicy (pullPolicy of an image volume) must be Always; unless written, it is so for the tag latest only: ' +
      'write it',
  },
  why: {
    zh: '节点上已有的镜像可能属于别的租户；只有每次都向仓库核对，才会检查拉取权限。',
    en: "A node may hold another tenant's image; only asking the registry each time checks the right to it.",
  },
  checks: [
    {
      name: 'containers',
      cel: "variables.containers.all(c, c.imagePullPolicy == 'Always')",
      find: (pod) => pod.containers.flatMap((container) => notAlways(container, 'image', 'imagePullPolicy')),
    },
    {
      name: 'volumes',
      cel: "variables.volumes.all(v, !has(v.image) || v.image.pullPolicy == 'Always')",
      find: (pod) =>
        pod.volumes
          .filter(({ value }) => at(value, 'image') !== undefined)
          .map((volume) => under(volume, 'image'))
          .flatMap((image) => notAlways(image, 'reference', 'pullPolicy')),
    },
  ],
  passing: { object: deploymentExample({}, { imagePullPolicy: 'Always' }) },
  failing: { object: deploymentExample({}, { imagePullPolicy: 'IfNotPresent' }) },
});
