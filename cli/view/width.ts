/**
 * Columns a terminal gives to text. Chinese and full-width characters take two, combining marks none (Unicode 17
 * UAX #11, the W and F classes of the blocks in use here, read 2026-11).
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const escapes = /\u001b\[[0-9;]*m/g;

const wide =
  /^[\u1100-\u115f\u231a\u231b\u2329\u232a\u23e9-\u23ec\u25fd\u25fe\u2614\u2615\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** ASCII, common Chinese characters and the punctuation of both: each character is a grapheme, from U+3000 on a wide one. */
const simple = /^[ -~\u00b7\u2014\u2018-\u201d\u2026\u3000-\u3020\u4e00-\u9fff\uff01-\uff60]*$/;

/** Made when it is needed: it takes 10 ms, and most text does without. */
let segmenter: Intl.Segmenter | undefined;
const plain = /^[\u0020-\u007e]*$/;

/** Width of one grapheme: 0 for a lone mark or control character, 2 when wide, else 1. */
function graphemeWidth(grapheme: string): number {
  if (wide.test(grapheme) || grapheme.includes('\ufe0f')) return 2;
  return /^[\p{M}\p{Cc}\u200b-\u200f]/u.test(grapheme) ? 0 : 1;
}

function graphemesOf(text: string): Iterable<Intl.SegmentData> {
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** Columns that `text` takes, without its escape sequences. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  const bare = text.replace(escapes, '');
  if (plain.test(bare)) return bare.length;
  let width = 0;
  if (simple.test(bare)) {
    for (const character of bare) width += character < '\u3000' ? 1 : 2;
    return width;
  }
  for (const { segment } of graphemesOf(bare)) width += graphemeWidth(segment);
  return width;
}

/** `text` with spaces up to `width` columns; longer text stays as it is. */
export function padTo(text: string, width: number, right = false): string {
  const gap = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? gap + text : text + gap;
}

/** `text` cut to `width` columns, its end replaced by `…` when something is missing. Escape sequences are dropped then. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemesOf(text.replace(escapes, ''))) {
    const next = used + graphemeWidth(segment);
    if (next > width - 1) break;
    kept += segment;
    used = next;
  }
  return `${kept}…`;
}

/** Lines of at most `width` columns, broken at spaces and between wide characters; line breaks of `text` stay. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, Math.max(8, width)));
}

function wrapLine(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line];
  const lines: string[] = [];
  let current = '';
  for (const piece of pieces(line)) {
    if (current !== '' && widthOf(current) + widthOf(piece.trimEnd()) > width) {
      lines.push(current.trimEnd());
      current = piece.trimStart();
    } else {
      current += piece;
    }
  }
  if (current.trimEnd() !== '') lines.push(current.trimEnd());
  return lines;
}

const closing = /^[，。、；：！？）》”’]/u;

/** Parts that may be separated: words with their space, single wide characters with punctuation that closes them. */
function pieces(line: string): string[] {
  const found: string[] = [];
  let open = false;
  for (const { segment } of graphemesOf(line)) {
    const last = found.length - 1;
    const isWide = wide.test(segment);
    if (last >= 0 && (closing.test(segment) || segment === ' ' || (open && !isWide))) found[last] += segment;
    else found.push(segment);
    open = !isWide && segment !== ' ';
  }
  return found;
}
