/**
 * P2, one tenant on a quiet centre that has N others: from the moment that the decision is accepted until its last object
 * can be read. `accepted` starts at the watch event of the decision in the site's mirror, `decided` at the answer to the
 * management side's write. The bound is the loader's: the namespace, then all the rest at once (`raw`), or in the order of
 * the controller, which lets RoleBindings wait for what protects the namespace (`in order`). All end at the watch event of
 * the last object, in the same process. Loader and controller take turns, tenant by tenant.
 *
 * Run: `node bench/latency.ts [--sizes 100,10000] [--samples 60] [--record]`.
 */
import { parseArgs } from 'node:util';
import { fillCentre, heldPaths, mirrorPath, objectsPlan, orderedPlan } from './support/bound.ts';
import { type Captured, captureRequests } from './support/capture.ts';
import { type BenchCentre, startBenchCentre } from './support/centre.ts';
import { startController } from './support/controller.ts';
import { waitQuiet } from './support/cpu.ts';
import { type LatencyResult, loadLatency } from './support/loader.ts';
import { report } from './support/record.ts';
import { quantile, rounded } from './support/runs.ts';
import { countTenants, freshNames, grantPlan, objectsPerTenant } from './support/tenants.ts';

/** Milliseconds of one size. */
export interface Latency {
  readonly size: number;
  readonly raw: readonly number[];
  readonly ordered: readonly number[];
  readonly accepted: readonly number[];
  readonly decided: readonly number[];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '100' },
      samples: { type: 'string', default: '60' },
      record: { type: 'boolean', default: false },
    },
  });
  const samples = Number(values.samples);
  const centre = await startBenchCentre();
  const measured: Latency[] = [];
  try {
    const captured = await captureRequests(centre);
    let filled = 0;
    for (const size of values.sizes.split(',').map(Number)) {
      await fillCentre(centre, captured, freshNames(size - filled).names);
      filled = size;
      measured.push(await measureLatency(centre, captured, { size, samples }));
    }
  } finally {
    await centre.stop();
  }
  const command = `node bench/latency.ts --sizes ${values.sizes} --samples ${samples}`;
  reportLatency(measured, { record: values.record, command });
}

/** Takes `samples` tenants per bound and twice as many by the controller, at a centre that holds `size` tenants. */
export async function measureLatency(
  centre: BenchCentre,
  captured: Captured,
  { size, samples }: { readonly size: number; readonly samples: number },
): Promise<Latency> {
  const controller = await startController(centre);
  try {
    await controller.settled((await countTenants(centre)).grants);
    await waitQuiet([centre], [controller]);
    await take(centre, captured, 5, objectsPlan);
    const loose = await take(centre, captured, samples, objectsPlan);
    const strict = await take(centre, captured, samples, orderedPlan);
    return {
      size,
      raw: loose.raw,
      ordered: strict.raw,
      accepted: [...loose.accepted, ...strict.accepted],
      decided: [...loose.asked, ...strict.asked],
    };
  } finally {
    await controller.stop();
  }
}

function take(
  centre: BenchCentre,
  captured: Captured,
  count: number,
  plan: typeof objectsPlan,
): Promise<LatencyResult> {
  return loadLatency({
    target: centre.siteTarget,
    askTarget: centre.adminTarget,
    paths: heldPaths,
    accepted: mirrorPath,
    objects: objectsPerTenant,
    raw: plan(captured, freshNames(count).names),
    ask: grantPlan(freshNames(count).names),
    pauseMs: 150,
  });
}

/** Shows one row for p50 and one for p99 per size, the first size being what the others are held against. */
export function reportLatency(
  measured: readonly Latency[],
  options: { readonly record: boolean; readonly command: string },
): void {
  const [first] = measured;
  const rows = measured.flatMap((one) =>
    [0.5, 0.99].map((share) => {
      const at = (values: readonly number[]): number => quantile(values, share);
      const grown = first === undefined || first === one ? '' : rounded(at(one.accepted) / at(first.accepted));
      return [
        one.size,
        share === 0.5 ? 'p50' : 'p99',
        rounded(at(one.raw), 1),
        rounded(at(one.ordered), 1),
        rounded(at(one.accepted), 1),
        rounded(at(one.decided), 1),
        rounded(at(one.accepted) / at(one.raw)),
        rounded(at(one.accepted) / at(one.ordered)),
        grown,
      ];
    }),
  );
  report(
    'latency',
    {
      title: 'P2 One tenant on a quiet centre, ms until its last object can be read',
      columns: [
        'Tenants there',
        'Of',
        'Raw',
        'Raw in order',
        'Accepted to last',
        'Decided to last',
        'Accepted / raw',
        'Accepted / raw in order',
        `Against ${first?.size} tenants`,
      ],
      rows,
      notes: [
        `${first?.raw.length} tenants per bound, ${first?.accepted.length} by the controller, one by one; etcd with fsync`,
      ],
    },
    options,
  );
}

if (import.meta.main) await main();
