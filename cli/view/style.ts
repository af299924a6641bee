import pc from 'picocolors';

/** The few ways text may look. Meaning never hangs on colour alone: a word or sign says it too. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly name: (text: string) => string;
}

/**
 * Whether to colour: `--color always|never` decides; else a non-empty NO_COLOR or TERM=dumb switches it off,
 * CLICOLOR_FORCE on, and otherwise a terminal is coloured.
 */
export function colourWanted(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  isTTY: boolean,
): boolean {
  if (flag === 'always') return true;
  if (flag === 'never') return false;
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  const force = env['CLICOLOR_FORCE'] ?? '';
  return isTTY || (force !== '' && force !== '0');
}

/** Styles that colour, or that leave text as it is. */
export function makeStyle(colour: boolean): Style {
  const c = pc.createColors(colour);
  return { bold: c.bold, dim: c.dim, good: c.green, warn: c.yellow, bad: c.red, name: c.cyan };
}
