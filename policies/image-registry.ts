import { annotations } from '../core/model/names.ts';
import { at, deploymentExample, type PodView, podRule, text } from './pods.ts';
import type { FieldPath } from './rule.ts';

/**
 * A whole image name: host, path in lower case, tag, digest. The host has a dot or a port, or is `localhost`: runtimes
 * take any other first part for a folder of Docker Hub. The same for RE2 and JavaScript.
 */
const whole =
  '^(localhost|[^/@]*[.:][^/@]*)(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)+(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[a-f0-9]{64})?$';
const wholePattern = new RegExp(whole);

/** Image names of containers and of image volumes, with the way to each. */
function images(pod: PodView): { name: string; path: FieldPath }[] {
  return [
    ...pod.containers.map(({ value, path }) => ({ name: text(value['image']), path: [...path, 'image'] })),
    ...pod.volumes
      .filter(({ value }) => at(value, 'image') !== undefined)
      .map(({ value, path }) => ({
        name: text(at(value, 'image', 'reference')),
        path: [...path, 'image', 'reference'],
      })),
  ];
}

/** Images come from the registries that the platform names for the namespace. */
export const imageRegistry = podRule({
  id: 'ImageRegistry',
  text: {
    zh: `镜像须写全名，且来自命名空间注解 ${annotations.registries} 所列的仓库；请先把镜像推送到其中之一`,
    en:
      `an image needs its whole name, from a registry in the namespace's annotation ${annotations.registries}; ` +
      'push it to one of those first',
  },
  why: {
    zh: '政务云只运行经过检查的镜像；不写仓库的名字会被运行时当作公网仓库。',
    en: 'Only images that were checked may run; a name without a registry is taken from a public one.',
  },
  variables: [
    {
      name: 'images',
      cel:
        "variables.containers.map(c, c.?image.orValue('')) + " +
        "variables.volumes.filter(v, has(v.image)).map(v, v.image.?reference.orValue(''))",
    },
    {
      name: 'registries',
      cel: `namespaceObject.metadata.?annotations[?'${annotations.registries}'].orValue('').split(',')`,
    },
  ],
  checks: [
    {
      name: 'whole',
      cel: `variables.images.all(i, i.matches(r'${whole}'))`,
      find: (pod) => images(pod).flatMap(({ name, path }) => (wholePattern.test(name) ? [] : [path])),
    },
    {
      // The slash: a host must not be the beginning of another host, nor a path of another path.
      name: 'listed',
      cel: "variables.images.all(i, variables.registries.exists(r, i.startsWith(r + '/')))",
      find: (pod, context) => {
        const listed = (context?.annotations[annotations.registries] ?? '').split(',');
        const fits = (name: string) => listed.some((registry) => name.startsWith(`${registry}/`));
        return images(pod).flatMap(({ name, path }) => (!wholePattern.test(name) || fits(name) ? [] : [path]));
      },
    },
  ],
  passing: { object: deploymentExample({}, { image: 'registry.city.example/web:1.4.2' }) },
  failing: { object: deploymentExample({}, { image: 'registry.city.example.other.example/web:1.4.2' }) },
});
