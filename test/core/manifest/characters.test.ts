import { describe, expect, it } from 'vitest';
import { applyFixes, checkManifests, loadManifests } from '../../../core/manifest/index.ts';
import type { SourceFile } from '../../../core/manifest/types.ts';
import { file, placesOf, problemsOf, tenant } from './support.ts';

/** Text with one mistake of typing, where it is, and what `--fix` makes of it (undefined: nothing is certain). */
const typed: Record<string, { text: string; places: readonly string[]; fixed?: string }> = {
  'a full-width colon after a key': {
    text: tenant('class: production => class：production'),
    places: ['FullWidth 9:8'],
    fixed: tenant(),
  },
  'a full-width colon before a space': {
    text: tenant('class: production => class： production'),
    places: ['FullWidth 9:8'],
    fixed: tenant(),
  },
  'a full-width colon in a flow map': {
    text: tenant('role: admin => role：admin'),
    places: ['FullWidth 12:32'],
    fixed: tenant(),
  },
  'a full-width space after a colon': {
    text: tenant('class: production => class:　production'),
    places: ['FullWidth 9:9'],
    fixed: tenant(),
  },
  'a full-width space at the end of a line': {
    text: tenant('class: production => class: production　'),
    places: ['FullWidth 9:20'],
    fixed: tenant(),
  },
  'full-width spaces as indentation': {
    text: tenant('  class: => 　class:'),
    places: ['FullWidth 9:1'],
    fixed: tenant(),
  },
  'a space that does not break': {
    text: tenant('class: production => class:\u00a0production'),
    places: ['FullWidth 9:9'],
    fixed: tenant(),
  },
  'a full-width comma between entries': {
    text: tenant('lib-admins, onCall => lib-admins，onCall'),
    places: ['FullWidth 10:32'],
    fixed: tenant(),
  },
  'a full-width dash of a list': {
    text: tenant('- name: production => － name: production'),
    places: ['FullWidth 14:5'],
    fixed: tenant(),
  },
  'typographic quotes around a name': {
    text: tenant('class: production => class: “production”'),
    places: ['FullWidth 9:10'],
    fixed: tenant('class: production => class: "production"'),
  },
  'full-width braces of a map': {
    text: tenant('{ group: lib-admins, role: admin } => ｛ group: lib-admins, role: admin ｝'),
    places: ['FullWidth 12:7', 'FullWidth 12:40'],
    fixed: tenant(),
  },
  'tabs for every level': {
    text: 'a:\n\tb:\n\t\tc: 1\n',
    places: ['NotAManifest 1:1', 'TabIndent 2:1'],
    fixed: 'a:\n  b:\n    c: 1\n',
  },
  'tabs between spaces': {
    text: tenant('      size: small => \tsize: small'),
    places: ['TabIndent 15:1', 'Syntax 15:1'],
  },
  'Windows line ends': { text: tenant().replaceAll('\n', '\r\n'), places: ['WindowsLines 1:33'], fixed: tenant() },
  'a number where text belongs': {
    text: tenant('planItem: P-7 => planItem: 2026'),
    places: ['WrongType 8:13'],
    fixed: tenant('planItem: P-7 => planItem: "2026"'),
  },
  'a word that other readers take for a truth value': {
    text: tenant('displayName: 借阅系统 => displayName: no'),
    places: ['YamlTrap 7:16'],
    fixed: tenant('displayName: 借阅系统 => displayName: "no"'),
  },
  'an octal number': { text: tenant('size: small => quota: { pods: 010 }'), places: ['YamlTrap 15:22'] },
  'a date without quotes': {
    text: tenant('class: production => class: trial\n  until: 2026-12-31'),
    places: ['YamlTrap 10:10'],
    fixed: tenant('class: production => class: trial\n  until: "2026-12-31"'),
  },
  'a date with slashes': {
    text: tenant('class: production => class: trial\n  until: 2026/2/1'),
    places: ['WrongFormat 10:10'],
    fixed: tenant('class: production => class: trial\n  until: "2026-02-01"'),
  },
  'full-width letters in a name': {
    text: tenant('owner: lib-admins => owner: ｌｉｂ-admins'),
    places: ['WrongFormat 10:22'],
    fixed: tenant('owner: lib-admins => owner: "lib-admins"'),
  },
};

function fixed(text: string): string {
  const files = [file('a.yaml', text)];
  const [first] = applyFixes(files, checkManifests(files));
  return first === undefined ? text : new TextDecoder().decode(first.file.bytes);
}

describe('characters', () => {
  it.each(Object.entries(typed))('%s', (_, { text, places, fixed: wanted }) => {
    expect(placesOf(problemsOf(text))).toEqual(places);
    expect(fixed(text)).toBe(wanted ?? text);
  });

  it('in Chinese text, quotes, comments and block scalars are left alone', () => {
    const text = `${tenant('借阅系统 => “借阅”系统（一期）：试用，测试　版')}# 说明：全角，没关系　
---
${tenant('name: loan => name: read', '借阅系统 => 【试点】阅览', 'class: production => class: production # 类别：正式')}`;
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(tenant('借阅系统 => "a：b，【c】　d"'))).toEqual([]);
    expect(problemsOf(tenant('借阅系统 => |-\n    备注：全角'))).toEqual([]);
  });

  it('one mistake of typing hides no other mistake', () => {
    const text = tenant(
      'kind: Tenant => kind：Tenant',
      'class: production => class: prod',
      'environments: => enviroments：',
      'role: admin => role: boss',
    );
    expect(placesOf(problemsOf(text))).toEqual([
      'FullWidth 2:5',
      'UnknownValue 9:10',
      'UnknownValue 12:34',
      'UnknownField 13:3',
      'FullWidth 13:14',
    ]);
  });

  it('are repaired to something that passes, and a second repair changes nothing', () => {
    const text = tenant(
      'class: production => class：“production”',
      '- name: production => －　name：production',
      'lib-admins, onCall => lib-admins，onCall',
    ).replaceAll('\n', '\r\n');
    const once = fixed(text);
    expect(problemsOf(once)).toEqual([]);
    expect(fixed(once)).toBe(once);
    expect(loadManifests([file('a', once)]).set.tenants[0]?.object).toEqual(
      loadManifests([file('b', tenant())]).set.tenants[0]?.object,
    );
  });
});

/** GBK bytes of a sample, made by hand: there is no encoder for it in the platform. */
const gbkBytes: Readonly<Record<string, readonly number[]>> = {
  借: [0xbd, 0xe8],
  阅: [0xd4, 0xc4],
  系: [0xcf, 0xb5],
  统: [0xcd, 0xb3],
  '：': [0xa3, 0xba],
};

function gbk(text: string): Uint8Array {
  return Uint8Array.from([...text].flatMap((char) => [...(gbkBytes[char] ?? [char.charCodeAt(0)])]));
}

function utf16le(text: string): Uint8Array {
  return Uint8Array.from([0xff, 0xfe, ...Buffer.from(text, 'utf16le')]);
}

describe('encodings', () => {
  const decode = (files: readonly SourceFile[]) => {
    const [first] = applyFixes(files, checkManifests(files));
    return first === undefined ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(first.file.bytes);
  };

  it('GBK is named with byte, line and column, and converted', () => {
    const files = [{ path: 'a.yaml', bytes: gbk(tenant()) }];
    const problems = checkManifests(files);
    expect(placesOf(problems)).toEqual(['Encoding 7:16']);
    expect(problems[0]?.text.zh).toContain('GBK');
    expect(problems[0]?.text.en).toContain(`byte ${tenant().indexOf('借')}`);
    expect(decode(files)).toBe(tenant());
  });

  it('a GBK file is still checked for everything else', () => {
    const files = [{ path: 'a.yaml', bytes: gbk(tenant('class: production => class：prod')) }];
    expect(placesOf(checkManifests(files))).toEqual(['Encoding 7:16', 'FullWidth 9:8', 'UnknownValue 9:9']);
    expect(decode(files)).toBe(tenant('class: production => class: prod'));
  });

  it('UTF-16 with its mark is named and converted', () => {
    const files = [{ path: 'a.yaml', bytes: utf16le(tenant()) }];
    expect(placesOf(checkManifests(files))).toEqual(['Encoding 1:1']);
    expect(decode(files)).toBe(tenant());
  });

  it('a byte order mark is a note, and removed', () => {
    const files = [{ path: 'a.yaml', bytes: Buffer.from(`\ufeff${tenant()}`) }];
    expect(checkManifests(files).map(({ rule, severity }) => [rule, severity])).toEqual([['ByteOrderMark', 'note']]);
    expect(decode(files)).toBe(tenant());
  });

  it('bytes that are no text are named with their line, and left alone', () => {
    const bytes = Buffer.concat([Buffer.from('a: 1\nb: '), Buffer.from([0x80, 0xff, 0x00, 0xfe])]);
    const files = [{ path: 'a.yaml', bytes }];
    expect(placesOf(checkManifests(files))).toEqual(['Encoding 2:4']);
    expect(decode(files)).toBeUndefined();
  });
});
