/** Tries every rule with one of its parts taken away: see policy-mutants.ts for the copies, policy-corpus.ts for the writes. */
import { isAppError } from '../../core/errors.ts';
import { judge } from '../../policies/index.ts';
import { bindingOf } from '../../policies/objects.ts';
import { innerOf, type JsonObject, type Rule } from '../../policies/rule.ts';
import { cloud } from '../core/decide/fixture.ts';
import { until } from './centre.ts';
import { exampleRequest, type PolicyCentre, placeOf, prepared, prober, type Trial } from './policies.ts';
import { corpusOf } from './policy-corpus.ts';
import { type Mark, type Mutant, markLabel, mutantsOf } from './policy-mutants.ts';

const admission = '/apis/admissionregistration.k8s.io/v1';
const policiesPath = `${admission}/validatingadmissionpolicies`;
const bindingsPath = `${admission}/validatingadmissionpolicybindings`;

/** Copies of one rule that answer the same writes. */
interface Chunk {
  readonly rule: Rule;
  readonly mark: Mark;
  readonly mutants: readonly Mutant[];
  readonly trials: readonly Trial[];
  /** Names of copies that judged some write otherwise than the rule. */
  readonly caught: Set<string>;
  readonly wrong: string[];
}

/** The examples of a rule, as anyone, as one who is not bound, and where no tenant is. */
function examplesOf(rule: Rule): Trial[] {
  const failing = exampleRequest(rule, rule.failing);
  const free = { ...failing, user: 'breaker', groups: ['probers', cloud.groups.breakGlass, 'system:authenticated'] };
  const moved = (object: JsonObject | undefined) =>
    object === undefined ? undefined : { ...object, metadata: { ...innerOf(object, 'metadata'), namespace: 'plain' } };
  const [object, oldObject] = [moved(failing.object), moved(failing.oldObject)];
  const plain = {
    ...failing,
    namespace: 'plain',
    ...(object === undefined ? {} : { object }),
    ...(oldObject === undefined ? {} : { oldObject }),
  };
  // A new name too: what is there already cannot be created.
  const { name } = innerOf(free.object, 'metadata');
  const renamed = {
    ...free,
    object: { ...free.object, metadata: { ...innerOf(free.object, 'metadata'), name: `${name}-x` } },
  };
  const create = free.operation === 'CREATE' ? [renamed] : [];
  return [exampleRequest(rule, rule.passing), failing, free, ...create, ...(rule.where === 'tenant' ? [plain] : [])];
}

/** Subresources whose body is the object itself, with its labels. */
const whole = ['', 'status', 'finalize', 'ephemeralcontainers', 'resize', 'binding'];

function chunksOf(rule: Rule, number: number): Chunk[] {
  const trials = [...examplesOf(rule), ...corpusOf(rule.id)];
  const by = trials.every(({ subresource }) => whole.includes(subresource)) ? 'label' : 'group';
  const groups = Map.groupBy(mutantsOf(rule, `m-${number}`, by), ({ mark }) => mark.value);
  return [...groups].map(([value, mutants]) => ({
    rule,
    mark: { by, value },
    mutants,
    trials,
    caught: new Set(),
    wrong: [],
  }));
}

function marked(trial: Trial, { by, value }: Mark): Trial {
  if (by === 'group') return { ...trial, groups: [...trial.groups, value] };
  const label = <T extends JsonObject | undefined>(object: T): T =>
    object === undefined
      ? object
      : ({
          ...object,
          metadata: {
            ...innerOf(object, 'metadata'),
            labels: { ...innerOf(object, 'metadata', 'labels'), [markLabel]: value },
          },
        } as T);
  const parts = { object: label(trial.object), oldObject: label(trial.oldObject), stored: label(trial.stored) };
  return { ...trial, ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) };
}

async function install(policies: PolicyCentre, mutants: readonly Mutant[]): Promise<Mutant[]> {
  const { admin } = policies;
  const taken: Mutant[] = [];
  const left = [...mutants];
  const worker = async (): Promise<void> => {
    for (let mutant = left.pop(); mutant !== undefined; mutant = left.pop()) {
      const { policy, binding, mayFail } = mutant;
      try {
        await admin.request('POST', policiesPath, { body: policy });
      } catch (error) {
        if (mayFail && isAppError(error) && error.kind === 'input') continue;
        throw error;
      }
      await admin.request('POST', bindingsPath, { body: binding });
      taken.push(mutant);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return taken;
}

/** The names of the copies that warned; `all` is false when the server may have left some out. */
function warnings(headers: Readonly<Record<string, string>>): { names: Set<string>; all: boolean } {
  const text = headers['warning'] ?? '';
  const names = [...text.matchAll(/ValidatingAdmissionPolicy '([^']+)'/g)].map((match) => match[1] ?? '');
  return { names: new Set(names), all: text.length < 3500 };
}

async function tryChunk(policies: PolicyCentre, chunk: Chunk, trial: Trial): Promise<void> {
  const { rule, mark, mutants, caught, wrong } = chunk;
  if (mutants.every(({ name, what }) => what === 'nothing' || caught.has(name))) return;
  const request = marked(trial, mark);
  const send = await prepared(policies, request);
  const reply = await send().catch((error: unknown) => {
    if (isAppError(error) && error.kind !== 'unreachable') return undefined;
    throw error;
  });
  if (reply === undefined) return;
  const refused = judge(request, placeOf(request), [rule]).length > 0;
  const { names, all } = warnings(reply.headers);
  for (const { name, what } of mutants) {
    if (names.has(name) === refused || (refused && !all)) continue;
    caught.add(name);
    if (what === 'nothing') wrong.push(JSON.stringify(request));
  }
}

/** The first write of every chunk, then the second, until all copies are caught. Writes about one object wait for each other. */
async function tryAll(policies: PolicyCentre, chunks: readonly Chunk[]): Promise<void> {
  const queues = new Map<string, (() => Promise<void>)[]>();
  const longest = Math.max(...chunks.map(({ trials }) => trials.length));
  for (let index = 0; index < longest; index += 1) {
    for (const chunk of chunks) {
      const trial = chunk.trials[index];
      if (trial === undefined) continue;
      const { group, resource, namespace } = trial;
      const { name } = innerOf(trial.object ?? trial.oldObject, 'metadata');
      const key = JSON.stringify([group, resource, namespace, name]);
      queues.set(key, [...(queues.get(key) ?? []), () => tryChunk(policies, chunk, trial)]);
    }
  }
  const waiting = [...queues.values()];
  const worker = async (): Promise<void> => {
    for (let queue = waiting.shift(); queue !== undefined; queue = waiting.shift()) {
      for (const run of queue) await run();
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** Resolves when a policy is in force that was written after all copies, so that they are too. */
async function inForce(policies: PolicyCentre): Promise<void> {
  const [last] = mutantsOf(lastRule, 'm-last', 'group');
  if (last === undefined) throw new Error('no copy');
  await install(policies, [last]);
  const body = { metadata: { name: 'last' } };
  const client = await policies.as({ ...prober, groups: [...prober.groups, last.mark.value] });
  await until(
    'the copies are in force',
    async () => {
      const { headers } = await client.request('POST', '/api/v1/namespaces/plain/configmaps', {
        query: { dryRun: 'All' },
        body,
      });
      return warnings(headers).names.has(last.name);
    },
    300_000,
  );
}

const lastRule: Rule = {
  id: 'Last',
  text: { zh: '-', en: '-' },
  why: { zh: '-', en: '-' },
  covers: [{ groups: [''], resources: ['configmaps'], operations: ['CREATE'] }],
  where: 'everywhere',
  binds: 'all',
  check: () => [[]],
  validations: [{ name: 'never', cel: 'false' }],
  passing: { object: {} },
  failing: { object: {} },
};

/** What came out for a rule. */
export interface Removal {
  readonly rule: Rule;
  /** What can be taken away without any write being judged otherwise; should be empty. */
  readonly missed: readonly string[];
  /** Writes that the whole copy judges otherwise than the rule; should be empty. */
  readonly wrong: readonly string[];
}

/** Takes each part of each rule away, one at a time. The rules themselves are put out of force for it. */
export async function tryRemovals(policies: PolicyCentre, rules: readonly Rule[], all = rules): Promise<Removal[]> {
  const chunks = rules.flatMap(chunksOf);
  for (const rule of all) await policies.admin.request('DELETE', `${bindingsPath}/${bindingOf(rule).metadata.name}`);
  const taken = await install(
    policies,
    chunks.flatMap(({ mutants }) => mutants),
  );
  const installed = new Set(taken.map(({ name }) => name));
  // One after the other: `as` keeps the files of a person's clients under one name.
  for (const chunk of chunks) {
    for (const trial of chunk.trials) {
      const { user, groups } = marked(trial, chunk.mark);
      await policies.as({ user, groups: groups.filter((group) => group !== 'system:authenticated') });
    }
  }
  await inForce(policies);
  await tryAll(
    policies,
    chunks.map((chunk) => ({ ...chunk, mutants: chunk.mutants.filter(({ name }) => installed.has(name)) })),
  );
  return rules.map((rule) => {
    const own = chunks.filter((chunk) => chunk.rule === rule);
    const missed = own.flatMap(({ mutants, caught }) =>
      mutants.filter(({ name, what }) => what !== 'nothing' && installed.has(name) && !caught.has(name)),
    );
    return { rule, missed: missed.map(({ what }) => what), wrong: own.flatMap(({ wrong }) => wrong) };
  });
}
