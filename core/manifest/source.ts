import type { Edit, Place } from './types.ts';

/** What the bytes of a file turned out to be. */
export interface Decoded {
  /** Text without a byte order mark. */
  readonly text: string;
  readonly encoding: 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be' | 'gbk' | 'unknown';
  /** First byte that is not UTF-8, from 0; with `gbk` and `unknown` only. */
  readonly badByte?: number;
}

function strict(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const startsWith = (bytes: Uint8Array, ...head: number[]) => head.every((byte, index) => bytes[index] === byte);

/**
 * The text of a file and the encoding it is in: UTF-8 with or without a mark, UTF-16 with a mark, else GBK when all of
 * it reads as GBK (GB 18030, what Chinese Windows writes by default), else unknown with U+FFFD in place of bad bytes.
 */
export function decodeFile(bytes: Uint8Array): Decoded {
  if (startsWith(bytes, 0xff, 0xfe)) return utf16('utf-16le', bytes);
  if (startsWith(bytes, 0xfe, 0xff)) return utf16('utf-16be', bytes);
  const marked = startsWith(bytes, 0xef, 0xbb, 0xbf);
  const body = marked ? bytes.subarray(3) : bytes;
  const text = strict('utf-8', body);
  if (text !== undefined) return { text, encoding: marked ? 'utf-8-bom' : 'utf-8' };
  const badByte = firstBadByte(body) + (marked ? 3 : 0);
  const gbk = marked ? undefined : strict('gb18030', body);
  if (gbk !== undefined && !/(?![\t\n\r])\p{Cc}|\p{Co}/u.test(gbk)) return { text: gbk, encoding: 'gbk', badByte };
  return { text: new TextDecoder('utf-8').decode(body), encoding: 'unknown', badByte };
}

function utf16(encoding: 'utf-16le' | 'utf-16be', bytes: Uint8Array): Decoded {
  const text = strict(encoding, bytes.subarray(2));
  if (text !== undefined) return { text, encoding };
  return { text: new TextDecoder('utf-8').decode(bytes), encoding: 'unknown', badByte: 0 };
}

/** Bytes that are UTF-8 from the start; what lies there is the first bad byte. Halves the range, so it stays quick. */
function firstBadByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (good < bad) {
    const middle = Math.ceil((good + bad) / 2);
    if (readsSoFar(bytes.subarray(0, middle))) good = middle;
    else bad = middle - 1;
  }
  return good;
}

function readsSoFar(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * One file's text as parsed, with the way back to lines and columns of the text as written. When the parsed text is a
 * repaired copy, `repairs` lists the edits that led to it, in order of their offset.
 */
export class Source {
  readonly file: string;
  /** The text as written. */
  readonly written: string;
  /** The text that was parsed. */
  readonly text: string;
  readonly #repairs: readonly Edit[];
  #starts: number[] | undefined;

  constructor(file: string, written: string, repairs: readonly Edit[] = []) {
    this.file = file;
    this.written = written;
    this.#repairs = repairs;
    this.text = repairs.length === 0 ? written : applyEdits(written, repairs);
  }

  /** Offset in the written text of an offset in the parsed one. */
  writtenOffset(offset: number): number {
    let shift = 0;
    for (const edit of this.#repairs) {
      const start = edit.offset + shift;
      if (offset < start) break;
      if (offset < start + edit.replacement.length) return edit.offset;
      shift += edit.replacement.length - edit.length;
    }
    return Math.min(offset - shift, this.written.length);
  }

  /** Whether no repair touches this range of the parsed text, so that an edit can be put there. */
  untouched(start: number, end: number): boolean {
    return this.#repairs.length === 0 || this.writtenOffset(end) - this.writtenOffset(start) === end - start;
  }

  /** Line and column of an offset of the parsed text. */
  place(start: number, end?: number): Place {
    return this.writtenPlace(this.writtenOffset(start), end === undefined ? undefined : this.writtenOffset(end));
  }

  /** Line and column of an offset of the written text. */
  writtenPlace(start: number, end?: number): Place {
    const starts = this.#lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= start) low = middle;
      else high = middle - 1;
    }
    const column = start - (starts[low] ?? 0) + 1;
    const sameLine = end !== undefined && end > start && end <= (starts[low + 1] ?? this.written.length + 1);
    return sameLine ? { line: low + 1, column, endColumn: column + end - start } : { line: low + 1, column };
  }

  #lineStarts(): number[] {
    if (this.#starts === undefined) {
      const starts = [0];
      for (let at = this.written.indexOf('\n'); at >= 0; at = this.written.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#starts = starts;
    }
    return this.#starts;
  }
}

/** `text` with `edits` made; of edits that overlap the first by offset wins. Pure. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const edit of [...edits].sort((a, b) => a.offset - b.offset || a.length - b.length)) {
    if (edit.offset < done) continue;
    parts.push(text.slice(done, edit.offset), edit.replacement);
    done = edit.offset + edit.length;
  }
  parts.push(text.slice(done));
  return parts.join('');
}
