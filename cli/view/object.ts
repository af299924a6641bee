import type { KubeObject } from '../../kube/types.ts';
import type { Context } from '../context.ts';

/** A Kubernetes List of the objects as the API server gave them, so that every tool for such lists reads it. */
export function listOf(items: readonly KubeObject[]) {
  return { apiVersion: 'v1', kind: 'List', metadata: {}, items };
}

/** Text of any value in the form of `-o json` or `-o yaml`, with a line break at its end. */
export async function dataText(value: unknown, output: 'json' | 'yaml'): Promise<string> {
  if (output === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Prints objects with `-o json|yaml|name` and says whether it did; false means the caller prints text. */
export async function printObjects(ctx: Context, items: readonly KubeObject[]): Promise<boolean> {
  if (ctx.output === 'json' || ctx.output === 'yaml') {
    ctx.io.stdout.write(await dataText(listOf(items), ctx.output));
    return true;
  }
  if (ctx.output !== 'name') return false;
  for (const item of items) {
    const { namespace, name } = item.metadata;
    ctx.print(`${item.kind.toLowerCase()}/${namespace === undefined ? '' : `${namespace}/`}${name}`);
  }
  return true;
}

/** Prints one value with `-o json|yaml` and says whether it did. */
export async function printData(ctx: Context, value: unknown): Promise<boolean> {
  if (ctx.output !== 'json' && ctx.output !== 'yaml') return false;
  ctx.io.stdout.write(await dataText(value, ctx.output));
  return true;
}
