import type { Text } from '../text/lang.ts';
import { readFully } from './full.ts';
import { type LexicalFinding, scanCharacters } from './lexical.ts';
import { type MapNode, visitNodes, type YamlNode } from './node.ts';
import { readQuickly } from './quick.ts';
import { type Decoded, decodeFile, Source } from './source.ts';
import { syntaxWords } from './syntax-words.ts';
import type { Problem, Severity, SourceFile } from './types.ts';
import { template } from './workload-words.ts';

/** A larger file is refused unread. */
export const maxFileBytes = 10 * 1024 * 1024;
/** A larger document is refused unread: the API server stores at most 1.5 MiB of one object. */
export const maxDocumentChars = 1024 * 1024;
/** Of one file at most this much goes through the full parser, which reads about 0.7 MB a second. */
const maxFullChars = 2 * 1024 * 1024;
/** What starting the full parser costs, in characters read. */
const fullStartChars = 100;
/** A file with more mistakes than this is not read to its end. */
export const maxProblems = 1000;

/** One YAML document with its nodes; `broken` when its syntax is not sound, so that only parts of it were read. */
export interface ParsedDocument {
  readonly source: Source;
  readonly node: YamlNode;
  readonly broken: boolean;
}

export interface Parsed {
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly Problem[];
  /** True when the file asked to be left alone (`# jinhong:ignore-file` among its first comment lines). */
  readonly ignored: boolean;
}

/**
 * Reads one file: decodes it, names what is wrong with its characters, repairs that in memory, splits it into documents
 * and reads each. Never throws, whatever the bytes; time is bounded by the limits above. JSON is read as the YAML it is.
 */
export function parseManifests(file: SourceFile): Parsed {
  if (file.bytes.length > maxFileBytes) return { documents: [], problems: [fileTooLarge(file)], ignored: false };
  const decoded = decodeFile(file.bytes);
  const written = new Source(file.path, decoded.text);
  const problems = encodingProblems(file, decoded, written);
  if (decoded.encoding === 'unknown') return { documents: [], problems, ignored: false };
  if (asksToBeIgnored(decoded.text)) return { documents: [], problems: [], ignored: true };
  const findings = scanCharacters(decoded.text);
  for (const finding of findings.slice(0, maxProblems)) problems.push(lexicalProblem(finding, written));
  const repairs = findings.flatMap((finding) => finding.edits).sort((a, b) => a.offset - b.offset);
  const source = repairs.length === 0 ? written : new Source(file.path, decoded.text, repairs);
  const reader = new DocumentReader(source, problems);
  for (const slice of documentSlices(source.text)) {
    reader.read(slice);
    if (problems.length > maxProblems || reader.stopped) break;
  }
  return { documents: reader.documents, problems, ignored: false };
}

function asksToBeIgnored(text: string): boolean {
  return /^(#[^\n]*\n){0,4}#\s*jinhong:ignore-file\s*(\n|$)/.test(text);
}

interface Slice {
  readonly start: number;
  readonly end: number;
}

/** Documents of a text: `---` and `...` at the start of a line part them wherever they stand. */
function documentSlices(text: string): Slice[] {
  const slices: Slice[] = [];
  const marker = /^(?:---|\.\.\.)(?=\s|$)/gm;
  let start = 0;
  for (let match = marker.exec(text); match !== null; match = marker.exec(text)) {
    slices.push({ start, end: match.index });
    const after = match.index + 3;
    const lineEnd = text.indexOf('\n', after);
    const rest = text.slice(after, lineEnd < 0 ? text.length : lineEnd);
    start = /^\s*(#|$)/.test(rest) ? after : match.index;
  }
  slices.push({ start, end: text.length });
  return slices;
}

class DocumentReader {
  readonly documents: ParsedDocument[] = [];
  /** True when the rest of the file is not worth its time. */
  stopped = false;
  readonly #source: Source;
  readonly #problems: Problem[];
  #fullChars = 0;

  constructor(source: Source, problems: Problem[]) {
    this.#source = source;
    this.#problems = problems;
  }

  read({ start, end }: Slice): void {
    const { text } = this.#source;
    const large = end - start > maxDocumentChars;
    const quick = large ? undefined : readQuickly(text, start, end);
    if (typeof quick === 'object') {
      this.#keep(quick, false);
      return;
    }
    const first = this.#firstContent(start, end);
    if (first === undefined) return;
    if (large) this.#tooLarge(first, end - start);
    else if (quick === 'deep') this.#syntax('TooDeep', first, first + 1);
    else if (text[first] === '%') this.#syntax('BAD_DIRECTIVE', first, first + 1);
    else {
      this.#fullChars += end - start + fullStartChars;
      if (this.#fullChars > maxFullChars) this.#tooMuch(first);
      else this.#readFully(start, end);
    }
  }

  #readFully(start: number, end: number): void {
    const { text } = this.#source;
    const full = readFully(text, start, end);
    if (full.errors.length > 0 && isTemplate(text.slice(start, end))) {
      const at = text.indexOf('{{', start);
      this.#problems.push({
        file: this.#source.file,
        ...this.#source.place(at, at + 2),
        severity: 'warning',
        ...template,
      });
      return;
    }
    let line = 0;
    for (const error of full.errors.slice(0, 100)) {
      const at = this.#source.place(error.start).line;
      if (at !== line) this.#syntax(error.code, error.start, error.end);
      line = at;
    }
    if (full.node !== undefined) this.#keep(full.node, full.errors.length > 0);
  }

  #keep(node: YamlNode, broken: boolean): void {
    visitNodes(node, (each) => {
      if (each.type === 'map') this.#duplicates(each);
    });
    this.documents.push({ source: this.#source, node, broken });
  }

  #duplicates(map: MapNode): void {
    const seen = new Map<string, number>();
    for (const entry of map.entries) {
      const earlier = seen.get(entry.key);
      if (earlier === undefined) seen.set(entry.key, entry.keyStart);
      else {
        const { line } = this.#source.place(earlier);
        this.#report('DuplicateKey', entry.keyStart, entry.keyEnd, {
          text: {
            zh: `字段 ${entry.key} 写了两次，第一次在第 ${line} 行`,
            en: `\`${entry.key}\` is written twice, first in line ${line}`,
          },
          fix: { zh: '只保留一处', en: 'keep one of them' },
        });
      }
    }
  }

  /** Offset of what is neither space nor comment; undefined in an empty document. */
  #firstContent(start: number, end: number): number | undefined {
    const content = /[^\s]/g;
    for (content.lastIndex = start; ; ) {
      const match = content.exec(this.#source.text);
      if (match === null || match.index >= end) return undefined;
      if (match[0] !== '#') return match.index;
      const newline = this.#source.text.indexOf('\n', match.index);
      if (newline < 0) return undefined;
      content.lastIndex = newline;
    }
  }

  #syntax(code: string, start: number, end: number): void {
    this.#report('Syntax', start, end, syntaxWords(code));
  }

  #tooLarge(at: number, chars: number): void {
    const size = (chars / 1024 / 1024).toFixed(1);
    this.#report('TooLarge', at, at + 1, {
      text: {
        zh: `这一份清单约 ${size} MB，上限为 1 MB，未读取`,
        en: `this manifest is about ${size} MB; at most 1 MB is read`,
      },
      fix: { zh: '一份清单只描述一个对象，请拆分', en: 'a manifest describes one object; split it' },
    });
  }

  #tooMuch(at: number): void {
    this.stopped = true;
    this.#report('TooLarge', at, at + 1, {
      text: {
        zh: '文件过大且写法复杂或有语法错误，从此处起未读完',
        en: 'the file is large and faulty or unusually written; it was not read to the end from here',
      },
      fix: { zh: '先改正以上错误，或拆成多个文件', en: 'mend what is named above first, or split the file' },
    });
  }

  #report(rule: string, start: number, end: number, said: { text: Text; fix: Text }): void {
    const place = this.#source.place(start, end);
    this.#problems.push({ file: this.#source.file, ...place, rule, severity: 'error', ...said });
  }
}

/** Whether a document that is no YAML is one that Helm or the like makes YAML of; manifests of ours are never templates. */
function isTemplate(text: string): boolean {
  return /\{\{[-\s.$]/.test(text) && !text.includes('jinhong.dev/');
}

function fileTooLarge(file: SourceFile): Problem {
  const size = (file.bytes.length / 1024 / 1024).toFixed(1);
  return {
    file: file.path,
    line: 1,
    column: 1,
    rule: 'TooLarge',
    severity: 'error',
    text: { zh: `文件有 ${size} MB，上限为 10 MB，未读取`, en: `the file has ${size} MB; at most 10 MB is read` },
    fix: { zh: '请拆成多个文件', en: 'split it into several files' },
  };
}

function lexicalProblem(finding: LexicalFinding, source: Source): Problem {
  const severity: Severity = finding.rule === 'WindowsLines' ? 'note' : 'error';
  const place = { file: source.file, ...source.writtenPlace(finding.start, finding.end) };
  const { rule, text, edits } = finding;
  if (rule === 'WindowsLines') return { ...place, rule, severity, text, fix: fixCommand, rewrite: 'lf' };
  if (edits.length > 0) return { ...place, rule, severity, text, fix: fixCommand, edits };
  const fix = { zh: '每级缩进改用两个空格', en: 'use two spaces for each level' };
  return { ...place, rule, severity, text, fix };
}

const fixCommand: Text = { zh: '运行 jinhong check --fix 自动改正', en: 'run `jinhong check --fix`' };

function encodingProblems(file: SourceFile, decoded: Decoded, written: Source): Problem[] {
  const { encoding, badByte = 0 } = decoded;
  const base = { file: file.path, line: 1, column: 1 };
  const utf8: Text = { zh: '请另存为 UTF-8', en: 'save the file as UTF-8' };
  switch (encoding) {
    case 'utf-8':
      return [];
    case 'utf-8-bom': {
      const text = { zh: '文件开头有字节顺序标记（BOM）', en: 'the file begins with a byte order mark (BOM)' };
      return [{ ...base, rule: 'ByteOrderMark', severity: 'note', text, fix: fixCommand, rewrite: 'utf-8' }];
    }
    case 'utf-16le':
    case 'utf-16be': {
      const name = encoding.toUpperCase();
      const text = { zh: `文件编码是 ${name}，应为 UTF-8`, en: `the file is in ${name}, not UTF-8` };
      return [{ ...base, rule: 'Encoding', severity: 'error', text, fix: fixCommand, rewrite: 'utf-8' }];
    }
    case 'gbk': {
      const place = written.writtenPlace(gbkOffset(file.bytes, badByte));
      const text = {
        zh: `文件编码是 GBK，应为 UTF-8（第 ${badByte} 字节起）`,
        en: `the file is in GBK, not UTF-8 (from byte ${badByte})`,
      };
      return [{ ...base, ...place, rule: 'Encoding', severity: 'error', text, fix: fixCommand, rewrite: 'utf-8' }];
    }
    case 'unknown': {
      const { line, column } = lineOfByte(file.bytes, badByte);
      const text = {
        zh: `第 ${badByte} 字节不是 UTF-8，也不是 GBK；文件可能不是文本`,
        en: `byte ${badByte} is neither UTF-8 nor GBK; this may not be text`,
      };
      return [{ ...base, line, column, rule: 'Encoding', severity: 'error', text, fix: utf8 }];
    }
  }
}

/** UTF-16 offset, in the decoded text, of a byte of a GBK file. */
function gbkOffset(bytes: Uint8Array, byte: number): number {
  return new TextDecoder('gb18030').decode(bytes.subarray(0, byte), { stream: true }).length;
}

/** Line and byte column of a byte, both from 1. */
function lineOfByte(bytes: Uint8Array, byte: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < byte; at = bytes.indexOf(10, at + 1)) {
    line += 1;
    start = at + 1;
  }
  return { line, column: byte - start + 1 };
}
