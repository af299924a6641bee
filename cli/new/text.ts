import { resolvePlain } from '../../core/manifest/node.ts';
import { apiVersion, departmentNamespace } from '../../core/model/names.ts';
import type { Answers } from './questions.ts';

/** A text as a YAML scalar: plain where every reader sees text, else in double quotes. */
function scalar(text: string): string {
  const plain = /^[\p{L}_][\p{L}\p{N}_.\-/（）、·]*( [\p{L}\p{N}_.\-/（）、·]+)*$/u.test(text);
  const word = /^(y|n|yes|no|on|off|true|false|null)$/i.test(text);
  return plain && !word && resolvePlain(text) === text ? text : JSON.stringify(text);
}

/** The manifest of a new tenant; `schema` is the path of the schema for editors. Pure. */
export function tenantText(name: string, answers: Answers, schema: string): string {
  const get = (flag: string) => answers[flag] ?? '';
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    `apiVersion: ${apiVersion}`,
    'kind: Tenant',
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${departmentNamespace(get('department'))}`,
    'spec:',
    `  displayName: ${scalar(get('display-name'))}`,
    `  planItem: ${scalar(get('plan-item'))}`,
    `  class: ${get('class')}`,
  ];
  if (answers['until'] !== undefined) lines.push(`  until: "${get('until')}"`);
  lines.push(
    `  contacts: { owner: ${scalar(get('owner'))}, onCall: ${scalar(get('on-call'))} }`,
    '  members:',
    `    - { group: ${scalar(get('admins'))}, role: admin }`,
  );
  if (answers['viewers'] !== undefined) lines.push(`    - { group: ${scalar(get('viewers'))}, role: view }`);
  lines.push('  environments:', `    - name: ${get('environment')}`, `      size: ${scalar(get('size'))}`);
  for (const field of ['service', 'zone']) {
    if (answers[field] !== undefined) lines.push(`      ${field}: ${scalar(get(field))}`);
  }
  if (answers['hostname'] !== undefined) {
    lines.push('      hosting:', `        - { hostname: ${scalar(get('hostname'))}, service: web, port: 80 }`);
  }
  return `${lines.join('\n')}\n`;
}

/** The manifest of a new department. Pure. */
export function departmentText(code: string, answers: Answers, schema: string): string {
  const get = (flag: string) => answers[flag] ?? '';
  const groups = get('groups')
    .split(',')
    .map((group) => scalar(group.trim()));
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    `apiVersion: ${apiVersion}`,
    'kind: Department',
    'metadata:',
    `  name: ${code}`,
    'spec:',
    `  displayName: ${scalar(get('display-name'))}`,
    `  level: ${scalar(get('level'))}`,
  ];
  for (const field of ['parent', 'domain']) {
    if (answers[field] !== undefined) lines.push(`  ${field}: ${scalar(get(field))}`);
  }
  lines.push(`  groups: [${groups.join(', ')}]`);
  return `${lines.join('\n')}\n`;
}
