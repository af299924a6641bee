import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFully } from '../../../core/manifest/full.ts';
import { checkManifests, parseManifests } from '../../../core/manifest/index.ts';
import { toValue, visitNodes, type YamlNode } from '../../../core/manifest/node.ts';
import { readQuickly } from '../../../core/manifest/quick.ts';
import { approval, cloud, department, file, placesOf, problemsOf, tenant } from './support.ts';

function spans(node: YamlNode): string[] {
  const found: string[] = [];
  visitNodes(node, (each) => {
    if (each.type === 'scalar' && each.start !== each.end) found.push(`${each.start}-${each.end} ${each.plain}`);
    if (each.type === 'map')
      for (const { key, keyStart, keyEnd } of each.entries) found.push(`${key} ${keyStart}-${keyEnd}`);
  });
  return found;
}

/** Pieces of YAML, sound and not, that are put together at random. */
const pieces = fc.constantFrom(
  'a: 1',
  'b:',
  '  c: x # y',
  '  - d',
  '- e: f',
  '  g: h',
  '\'k\': "v\\n"',
  '{ a: [1, b], "c": d }',
  '[',
  ']',
  '{',
  '}',
  '  ',
  '# c',
  'x: {a: 1,',
  '  b: 2}',
  'no: 1e3',
  'k: "a',
  'b"',
  'm: [a: b]',
  '- - - x',
  '? q',
  ': r',
  'a b: c d',
  'u: http://x/y',
  'v: a:b',
  'w: *z',
  'y: &z 1',
  '|',
  't: |',
  '   text',
  'n: ~',
  '-',
  '--',
  'p: -',
  'q: -1',
  'r: 0x1F',
  's: "\\u4e2d"',
  "t2: 'it''s'",
  'é: 中',
  '  \t',
  'x:y',
  '1: 2',
  ',',
  'a: b: c',
  'k : v',
);

describe('the quick reader', () => {
  it('gives what the full parser gives, or declines', () => {
    const lines = fc.array(fc.tuple(fc.constantFrom('', '', '  ', '    '), pieces), { maxLength: 8 });
    fc.assert(
      fc.property(lines, fc.constantFrom('\n', '\r\n'), (parts, newline) => {
        const text = parts.map(([indent, piece]) => indent + piece).join(newline);
        const quick = readQuickly(text, 0, text.length);
        if (typeof quick !== 'object') return;
        const full = readFully(text, 0, text.length);
        expect(full.errors).toEqual([]);
        expect(full.node === undefined ? null : toValue(full.node)).toEqual(toValue(quick));
        if (full.node !== undefined) expect(spans(quick)).toEqual(spans(full.node));
      }),
      { numRuns: 4000 },
    );
  });

  it('reads manifests as people write them, without help of the full parser', () => {
    for (const text of [
      tenant(),
      department(),
      approval(),
      cloud(),
      tenant().replaceAll('\n', '\r\n'),
      JSON.stringify({ a: [1, { b: 'c' }] }, null, 2),
    ]) {
      expect(readQuickly(text, 0, text.length)).toBeTypeOf('object');
    }
  });

  it('declines what it does not know', () => {
    for (const text of [
      'a: &x 1',
      'a: |\n  b',
      'a: !!str 1',
      'a: b\n  c',
      '\ta: 1',
      'a: "b\n  c"',
      '%YAML 1.2\n---\na: 1',
    ]) {
      expect(readQuickly(text, 0, text.length)).toBeUndefined();
    }
  });
});

describe('parsing', () => {
  it('takes several documents with their places, by any of the markers', () => {
    const text = `---\n${tenant()}--- # second\n${tenant('name: loan => name: read', 'class: production => class: prod')}...\n---\n`;
    const { documents, problems } = parseManifests(file('a.yaml', text));
    expect(documents).toHaveLength(2);
    expect(problems).toEqual([]);
    expect(placesOf(problemsOf(text))).toEqual(['UnknownValue 26:10']);
  });

  it('takes JSON, with places', () => {
    const json = JSON.stringify({ apiVersion: 'jinhong.dev/v1alpha1', kind: 'Tennant' }, null, 2);
    expect(placesOf(problemsOf(json))).toEqual(['UnknownKind 3:11']);
    expect(placesOf(problemsOf(json.replaceAll('  ', '\t')))).toEqual(['UnknownKind 3:10']);
  });

  it('takes an empty file and one of comments as nothing', () => {
    expect(problemsOf('')).toEqual([]);
    expect(problemsOf('# nothing\n---\n# here\n')).toEqual([]);
  });

  it('leaves a file alone that asks for it in its first lines', () => {
    expect(problemsOf('# people\n# jinhong:ignore-file\na: [\n')).toEqual([]);
    expect(problemsOf('a: [\n# jinhong:ignore-file\n')).not.toEqual([]);
  });

  it('names a key that is written twice, at any depth, with both lines', () => {
    const problems = problemsOf(
      tenant('class: production => class: production\n  planItem: P-8', 'role: admin => role: admin, role: view'),
    );
    expect(placesOf(problems)).toEqual(['DuplicateKey 10:3', 'DuplicateKey 13:41']);
    expect(problems[0]?.text.zh).toContain('第 8 行');
  });

  it.each(
    Object.entries({
      'a bracket that is not closed': 'a: [1, 2\nb: 3\n',
      'a quote that is not closed': 'a: "x\nb: 3\n',
      'two colons in one line': 'a: b: c\n',
      'a line that lost its colon': 'a\nb: 1\n',
      'siblings that do not line up': 'a:\n  b: 1\n c: 2\n',
      'an alias to nothing': 'a: *b\n',
      'a tag': 'a: !secret b\n',
      'a directive': '%TAG ! x\n---\na: 1\n',
      'a list as a key': '? [a, b]\n: 1\n',
    }),
  )('names %s', (_, text) => {
    const problems = problemsOf(text).filter(({ rule }) => rule === 'Syntax');
    expect(problems.length).toBeGreaterThan(0);
    for (const { text: said, fix } of problems) expect(`${said.zh}${fix.zh}`).toMatch(/[\u4e00-\u9fff]/);
  });

  it('a faulty document does not hide the mistakes of the next one', () => {
    const text = `a: [\n---\n${tenant('class: production => class: prod')}`;
    expect(problemsOf(text).map(({ rule }) => rule)).toEqual(['Syntax', 'UnknownValue']);
  });

  it('follows aliases as far as they are sane', () => {
    const text = tenant('size: small => size: &s small\n    - { name: test, size: *s }');
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('limits', () => {
  const quickly = (work: () => void) => {
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  };

  it('a few lines that stand for billions are refused at once', () => {
    let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x]\n';
    for (let level = 1; level < 12; level += 1)
      text += `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(', ')}]\n`;
    const heapBefore = process.memoryUsage().heapUsed;
    const tookMs = quickly(() => expect(placesOf(problemsOf(text)).join()).toContain('Syntax'));
    expect(tookMs).toBeLessThan(2000);
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(100 * 1024 * 1024);
  });

  it('an alias to itself and nesting without end are refused', () => {
    expect(problemsOf('a: &a [*a]\n').map(({ rule }) => rule)).toEqual(['Syntax']);
    for (const text of ['['.repeat(200_000), '- '.repeat(100_000), '{a: '.repeat(100_000), '? '.repeat(20_000)]) {
      expect(quickly(() => expect(problemsOf(text).some(({ rule }) => rule === 'Syntax')).toBe(true))).toBeLessThan(
        10_000,
      );
    }
  });

  it('10 MB of sound manifests are read in a few seconds, each of them', () => {
    const one = `${tenant()}---\n`;
    const count = Math.floor((10 * 1024 * 1024) / (new TextEncoder().encode(one).length + 6));
    const big = file(
      'big.yaml',
      Array.from({ length: count }, (_, index) => one.replace('name: loan', `name: loan-${index}`)).join(''),
    );
    expect(quickly(() => expect(checkManifests([big])).toEqual([]))).toBeLessThan(20_000);
  });

  it('one manifest of 10 MB, and a file above that, are refused unread', () => {
    const long = `a:\n${'  - { x: 1 }\n'.repeat(780_000)}`;
    expect(quickly(() => expect(placesOf(problemsOf(long))).toEqual(['TooLarge 1:1']))).toBeLessThan(3000);
    expect(problemsOf('x'.repeat(10 * 1024 * 1024 + 1)).map(({ rule }) => rule)).toEqual(['TooLarge']);
  });

  it('10 MB of faulty manifests are answered in bounded time', () => {
    const faulty = 'a: [1\n---\n'.repeat(1_000_000);
    expect(quickly(() => expect(problemsOf(faulty).map(({ rule }) => rule)).toContain('TooManyProblems'))).toBeLessThan(
      20_000,
    );
    const strange = 'a: |\n  x\n---\n'.repeat(800_000);
    expect(quickly(() => expect(problemsOf(strange).at(-1)?.rule).toMatch(/^Too/))).toBeLessThan(20_000);
  });
});

describe('any bytes', () => {
  it('never make the check throw, and every place lies in the file', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string({ maxLength: 400, unit: 'binary' }).map((text) => new TextEncoder().encode(text)),
      fc
        .array(
          fc.constantFrom(
            ...tenant().split(/(?<=[\s:{},])/),
            '：',
            '　',
            '“',
            '”',
            '\t',
            '*a',
            '&a',
            '[',
            '{',
            '|',
            '---\n',
            'null',
            '- ',
            '~',
          ),
          { maxLength: 120 },
        )
        .map((parts) => new TextEncoder().encode(parts.join(''))),
      fc
        .tuple(fc.nat(tenant().length), fc.string({ maxLength: 3 }))
        .map(([at, put]) => new TextEncoder().encode(tenant().slice(0, at) + put + tenant().slice(at + put.length))),
    );
    fc.assert(
      fc.property(bytes, (content) => {
        for (const { line, column, text, fix } of checkManifests([{ path: 'a', bytes: content }], {
          today: '2026-04-01',
        })) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(text.zh && text.en && fix.zh && fix.en).toBeTruthy();
        }
      }),
      { numRuns: 3000 },
    );
  });
});
