import type { Argument, Command, Option } from 'commander';

/** What can stand at one place of a command line. */
export type Values =
  | { readonly kind: 'none' }
  | { readonly kind: 'files' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Names from the cache file, and words that are offered once a letter is typed. */
  | { readonly kind: 'names'; readonly of: NameKind; readonly words?: readonly string[] };

/** Lists of the cache that completion can offer. */
export const nameKinds = ['tenants', 'departments', 'sites', 'sizes', 'services'] as const;
export type NameKind = (typeof nameKinds)[number];

/** One flag and what follows it; `value` is undefined for a flag without a value. */
export interface FlagSpec {
  readonly flag: string;
  readonly value: Values | undefined;
}

/** One command as the shells see it. */
export interface CommandSpec {
  /** Names from the program down, joined by a blank; empty for the program itself. */
  readonly path: string;
  readonly words: readonly string[];
  readonly flags: readonly FlagSpec[];
  readonly argument: Values;
}

const ofArgument: Readonly<Record<string, Values>> = {
  tenant: { kind: 'names', of: 'tenants' },
  what: { kind: 'names', of: 'tenants' },
  site: { kind: 'names', of: 'sites' },
  sites: { kind: 'names', of: 'sites' },
  department: { kind: 'names', of: 'departments' },
  size: { kind: 'names', of: 'sizes' },
  service: { kind: 'names', of: 'services' },
};
const fileLike = /^(file|files|path|paths|folder|folders|dir|manifests|cloud|kubeconfig)$/;

function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { kind: 'words', words: choices };
  const plain = name.replace(/\.\.\.$/, '');
  return ofArgument[plain] ?? (fileLike.test(plain) ? { kind: 'files' } : { kind: 'none' });
}

function argumentOf(argument: Argument, explained: readonly string[]): Values {
  const values = valuesOf(argument.name(), argument.argChoices);
  return argument.name() === 'what' && values.kind === 'names' ? { ...values, words: explained } : values;
}

function flagsOf(option: Option): FlagSpec[] {
  const takes = option.required || option.optional;
  const name = option.name();
  const value = takes
    ? valuesOf(/^(department|sites?|size|service)$/.test(name) ? name : placeholder(option), option.argChoices)
    : undefined;
  return [option.short, option.long].flatMap((flag) => (flag === undefined || flag === null ? [] : [{ flag, value }]));
}

/** The word in `<>` or `[]` of an option's flags: `--cloud <file>` says that files follow. */
function placeholder(option: Option): string {
  return /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? '';
}

/**
 * Every command below `program` that is not hidden, each with the program's own options; sorted by path. `explained` are
 * the words beside tenants that `explain` takes. Pure.
 */
export function specsOf(program: Command, explained: readonly string[] = []): CommandSpec[] {
  const global = program.options.flatMap(flagsOf);
  const specs: CommandSpec[] = [];
  const visit = (command: Command, path: string) => {
    const visible = command.createHelp().visibleCommands(command);
    const [first] = command.registeredArguments;
    const own = command.parent === null ? [] : command.options.filter((option) => !option.hidden).flatMap(flagsOf);
    specs.push({
      path,
      words: visible.map((sub) => sub.name()),
      flags: [...own, ...global, { flag: '--help', value: undefined }],
      argument: first === undefined ? { kind: 'none' } : argumentOf(first, explained),
    });
    for (const sub of visible) visit(sub, path === '' ? sub.name() : `${path} ${sub.name()}`);
  };
  visit(program, '');
  return specs.sort((a, b) => (a.path < b.path ? -1 : 1));
}
