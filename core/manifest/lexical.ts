import type { Text } from '../text/lang.ts';
import type { Edit } from './types.ts';

/** Something wrong with single characters, found before YAML is read; offsets are those of the written text. */
export interface LexicalFinding {
  readonly rule: 'FullWidth' | 'TabIndent' | 'WindowsLines';
  readonly start: number;
  readonly end: number;
  readonly text: Text;
  readonly edits: readonly Edit[];
}

const suspicious = /[\u00a0\u2002-\u200a\u202f\u3000\u2018\u2019\u201c\u201d、【】！-～–—]/;
const wideSpace = /[\u00a0\u2002-\u200a\u202f\u3000]/;
const brackets: Readonly<Record<string, string>> = { '［': '[', '］': ']', '【': '[', '】': ']', '｛': '{', '｝': '}' };
const closers: Readonly<Record<string, string>> = { '“': '”', '”': '”', '‘': '’', '’': '’' };

/**
 * Tabs in indentation, and full-width punctuation where YAML expects its own: colons after keys, spaces, commas and
 * brackets of lists, quotes around a value, dashes of list items. What stands inside quotes, comments, block scalars
 * or Chinese text is left alone. Pure; linear in the length of the text.
 */
export function scanCharacters(text: string): LexicalFinding[] {
  const findings: LexicalFinding[] = [];
  const isJson = /^\s*[{[]/.test(text);
  const tabs = !isJson && text.includes('\t');
  if (tabs || suspicious.test(text)) {
    const lines = contentLines(text);
    if (tabs) findings.push(...tabIndents(text, lines));
    if (suspicious.test(text)) new WideScanner(text, findings).scan(lines);
  }
  const windows = text.indexOf('\r\n');
  if (windows >= 0) {
    const said = { zh: '行尾为 Windows 格式（CRLF）', en: 'lines end the Windows way (CRLF)' };
    findings.push({ rule: 'WindowsLines', start: windows, end: windows + 1, text: said, edits: [] });
  }
  return findings;
}

interface Line {
  readonly start: number;
  /** Offset of the line end. */
  readonly end: number;
}

/** The lines of a text that are not inside a block scalar and not empty. */
function contentLines(text: string): Line[] {
  const lines: Line[] = [];
  let scalarIndent = -1;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const lineEnd = newline < 0 ? text.length : newline;
    const end = text.charAt(lineEnd - 1) === '\r' && lineEnd > start ? lineEnd - 1 : lineEnd;
    const line = text.slice(start, end);
    const indent = line.search(/\S|$/);
    if (indent < line.length) {
      if (scalarIndent >= 0 && indent <= scalarIndent) scalarIndent = -1;
      if (scalarIndent < 0) {
        lines.push({ start, end });
        if (/(^|[:\-\s])[|>][-+0-9]{0,2}\s*(#.*)?$/.test(line)) scalarIndent = indent;
      }
    }
    start = lineEnd + 1;
  }
  return lines;
}

function tabIndents(text: string, lines: readonly Line[]): LexicalFinding[] {
  const edits: Edit[] = [];
  let certain = true;
  for (const line of lines) {
    const lead = /^[ \t]*/.exec(text.slice(line.start, line.end))?.[0] ?? '';
    if (lead.includes(' ')) certain = false;
    if (lead.includes('\t')) {
      edits.push({ offset: line.start, length: lead.length, replacement: lead.replaceAll('\t', '  ') });
    }
  }
  const first = edits[0];
  if (first === undefined) return [];
  const said = {
    zh: `${edits.length} 行用制表符（Tab）缩进，YAML 只允许空格`,
    en: `${edits.length} lines are indented with tabs; YAML allows spaces only`,
  };
  const { offset: start, length } = first;
  return [{ rule: 'TabIndent', start, end: start + length, text: said, edits: certain ? edits : [] }];
}

/** Goes through each line as a reader of YAML would: indentation, dashes, keys, values, flow collections. */
class WideScanner {
  readonly #text: string;
  readonly #findings: LexicalFinding[];
  #flowDepth = 0;

  constructor(text: string, findings: LexicalFinding[]) {
    this.#text = text;
    this.#findings = findings;
  }

  scan(lines: readonly Line[]): void {
    for (const line of lines) {
      const body = this.#text.slice(line.start, line.end);
      if (this.#flowDepth > 0 || suspicious.test(body) || /[{[]/.test(body)) this.#line(line);
    }
  }

  #found(start: number, end: number, text: Text, edits: readonly Edit[]): void {
    this.#findings.push({ rule: 'FullWidth', start, end, text, edits });
  }

  #replace(start: number, end: number, replacement: string): void {
    const seen = this.#text.slice(start, end);
    const name = wideSpace.test(seen) ? codePoint(seen) : `“${seen}”`;
    const said = { zh: `此处是全角字符 ${name}`, en: `a full-width character ${name} stands here` };
    this.#found(start, end, said, [{ offset: start, length: end - start, replacement }]);
  }

  #line(line: Line): void {
    const end = this.#contentEnd(line);
    let pos = this.#indentation(line.start, end);
    pos = this.#dashes(pos, end);
    if (pos >= end) return;
    if (this.#flowDepth > 0) this.#flow(pos, end);
    else this.#keyAndValue(pos, end);
  }

  /** End of the line without its comment and its trailing spaces; wide ones there are findings. */
  #contentEnd(line: Line): number {
    const body = this.#text.slice(line.start, line.end);
    const comment = /(^|\s)#/.exec(stripQuoted(body));
    const content = comment === null ? body : body.slice(0, comment.index);
    const trailing = /\s+$/.exec(content)?.[0] ?? '';
    const end = line.start + content.length - trailing.length;
    if (wideSpace.test(trailing)) this.#replace(end + trailing.search(wideSpace), end + trailing.length, '');
    const before = comment === null ? '' : comment[0].slice(0, -1);
    if (wideSpace.test(before)) this.#replace(line.start + content.length, line.start + content.length + 1, ' ');
    return end;
  }

  #indentation(start: number, end: number): number {
    let pos = start;
    while (pos < end && /\s/.test(this.#text.charAt(pos))) {
      const char = this.#text.charAt(pos);
      if (wideSpace.test(char)) this.#replace(pos, pos + 1, char === '\u3000' ? '  ' : ' ');
      pos += 1;
    }
    return pos;
  }

  #dashes(start: number, end: number): number {
    let pos = start;
    while (pos < end && /[-－–—]/.test(this.#text.charAt(pos)) && /\s/.test(this.#text.charAt(pos + 1))) {
      if (this.#text.charAt(pos) !== '-') this.#replace(pos, pos + 1, '-');
      pos = this.#gap(pos + 1, end);
    }
    return pos;
  }

  /** Spaces before a value. */
  #gap(start: number, end: number): number {
    let pos = start;
    while (pos < end && /\s/.test(this.#text.charAt(pos))) {
      if (wideSpace.test(this.#text.charAt(pos))) this.#replace(pos, pos + 1, ' ');
      pos += 1;
    }
    return pos;
  }

  #keyAndValue(start: number, end: number): void {
    const afterKey = this.#key(start, end);
    this.#value(afterKey ?? start, end);
  }

  /** Offset of the value behind a key that starts here; undefined when no key does. */
  #key(start: number, end: number): number | undefined {
    const match = /^(["']?)[A-Za-z][\w./-]*\1\s*([:：])/.exec(this.#text.slice(start, end));
    if (match === null) return undefined;
    const colonAt = start + match[0].length - 1;
    const next = this.#text.charAt(colonAt + 1);
    if (match[2] === '：') {
      this.#replace(colonAt, colonAt + 1, next === '' || /\s/.test(next) ? ':' : ': ');
    } else if (next !== '' && !/\s/.test(next)) return undefined;
    return this.#gap(colonAt + 1, end);
  }

  #value(start: number, end: number): void {
    const first = this.#text.charAt(start);
    if (first === '"' || first === "'") return;
    if (first === '{' || first === '[' || this.#isWideBracket(start)) this.#flow(start, end);
    else if (closers[first] !== undefined) this.#quotes(start, end);
  }

  /** Typographic quotes around one value: certain when the value is plain ASCII, else only said. */
  #quotes(start: number, end: number): void {
    const inner = this.#text.slice(start + 1, end - 1);
    const last = this.#text.charAt(end - 1);
    if (end - start < 2 || last !== closers[this.#text.charAt(start)] || /["\\“”‘’]/.test(inner)) return;
    if (!/^[ -~]*$/.test(inner)) return;
    const said = { zh: '值两侧是中文引号', en: 'the value stands in typographic quotes' };
    this.#found(start, end, said, [
      { offset: start, length: 1, replacement: '"' },
      { offset: end - 1, length: 1, replacement: '"' },
    ]);
  }

  /** Inside `{}` and `[]`: brackets, commas, keys and values until the line ends or the collection is closed. */
  #flow(start: number, end: number): void {
    let pos = start;
    let atToken = true;
    while (pos < end) {
      const char = this.#text.charAt(pos);
      const plain = this.#isWideBracket(pos) ? (brackets[char] ?? char) : char;
      if (plain === '[' || plain === '{' || plain === ']' || plain === '}') {
        if (plain !== char) this.#replace(pos, pos + 1, plain);
        this.#flowDepth += plain === '[' || plain === '{' ? 1 : -1;
        atToken = true;
        pos = this.#gap(pos + 1, end);
        if (this.#flowDepth <= 0) break;
      } else if (char === ',' || this.#isWideComma(pos)) {
        if (char !== ',') this.#replace(pos, pos + 1, /\s/.test(this.#text.charAt(pos + 1)) ? ',' : ', ');
        atToken = true;
        pos = this.#gap(pos + 1, end);
      } else if (atToken) {
        atToken = false;
        pos = this.#token(pos, end);
      } else pos += 1;
    }
    this.#flowDepth = Math.max(0, this.#flowDepth);
  }

  /** A key with its value, or a value alone, within a flow collection. */
  #token(start: number, end: number): number {
    const pos = this.#key(start, end) ?? start;
    const first = this.#text.charAt(pos);
    if (first === '"' || first === "'") {
      const close = this.#text.indexOf(first, pos + 1);
      return close < 0 || close >= end ? end : close + 1;
    }
    const rest = this.#text.slice(pos, end);
    const length = /^[^,，、\]}］】｝]*/.exec(rest)?.[0].trimEnd().length ?? 0;
    if (closers[first] !== undefined) this.#quotes(pos, pos + length);
    return first in brackets || /[{[\]},]/.test(first) ? pos : Math.max(pos + length, start + 1);
  }

  /** A full-width bracket counts as one only with ASCII on its inner side; around Chinese text it is text. */
  #isWideBracket(pos: number): boolean {
    const plain = brackets[this.#text.charAt(pos)];
    if (plain === undefined) return false;
    if (plain === '[' || plain === '{') return /^\s*[!-~“‘]/.test(this.#text.slice(pos + 1, pos + 5));
    return this.#flowDepth > 0 && /[!-~”’]\s*$/.test(this.#text.slice(Math.max(0, pos - 4), pos));
  }

  /** A full-width comma counts as one only between ASCII on both sides; in Chinese text it is text. */
  #isWideComma(pos: number): boolean {
    if (!/[，、]/.test(this.#text.charAt(pos))) return false;
    return (
      /[!-~”’]\s*$/.test(this.#text.slice(Math.max(0, pos - 4), pos)) &&
      /^\s*[!-~“‘]/.test(this.#text.slice(pos + 1, pos + 5))
    );
  }
}

function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The same length with quoted parts blanked, so that a `#` in them is not a comment. */
function stripQuoted(line: string): string {
  if (!line.includes('#') || !/["']/.test(line)) return line;
  return line.replace(/(^|[\s:,[{])("(\\.|[^"\\])*"|'[^']*')/g, (match) => '_'.repeat(match.length));
}
