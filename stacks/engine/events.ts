import type * as automation from '@pulumi/pulumi/automation/index.js';
import type { Change, Diagnostic, EngineMessage, EngineResult, ObjectChange } from './protocol.ts';

/**
 * Turns the engine's events into what people and programs read. Results and errors come from here only, never from the
 * text that the engine prints.
 */
export interface EventCollector {
  /** Takes one event; what is worth telling at once comes back. */
  take(event: automation.EngineEvent): EngineMessage | undefined;
  /** What has been collected so far, sorted as it happened. */
  result(): EngineResult;
}

const changes: Readonly<Record<string, Change>> = {
  create: 'create',
  import: 'create',
  update: 'update',
  replace: 'replace',
  delete: 'delete',
  read: 'read',
};

/** A collector for one run. */
export function collectEvents(): EventCollector {
  const found = new Map<string, ObjectChange>();
  const diagnostics: Diagnostic[] = [];
  let unchanged = 0;
  const step = (metadata: automation.StepEventMetadata, done: boolean): EngineMessage | undefined => {
    if (metadata.type.startsWith('pulumi:')) return undefined;
    const object = objectOf(metadata.urn);
    const change = changeOf(metadata);
    if (change === undefined) {
      if (metadata.op !== 'same') return undefined;
      unchanged += done ? 1 : 0;
      return done ? { type: 'progress', change: 'same', object: object.text, done } : undefined;
    }
    const { kind, namespace, name } = object;
    const fields = fieldsOf(metadata);
    found.set(metadata.urn, { change, kind, name, fields, ...(namespace === undefined ? {} : { namespace }) });
    return { type: 'progress', change, object: object.text, done };
  };
  return {
    take(event) {
      if (event.resourcePreEvent !== undefined) return step(event.resourcePreEvent.metadata, false);
      if (event.resOutputsEvent !== undefined) return step(event.resOutputsEvent.metadata, true);
      const said = event.diagnosticEvent;
      if (said !== undefined && (said.severity === 'error' || said.severity === 'warning')) {
        const diagnostic = diagnosticOf(said);
        if (diagnostic !== undefined) diagnostics.push(diagnostic);
      }
      return undefined;
    },
    result: () => ({ changes: [...found.values()], unchanged, diagnostics: distinct(diagnostics), pending: [] }),
  };
}

/** The object that a resource name of our program stands for; its text is `Kind/namespace/name`. Pure. */
export function objectOf(urn: string): { kind: string; namespace?: string; name: string; text: string } {
  const text = urn.slice(urn.lastIndexOf('::') + 2);
  const [kind = '', first = '', ...rest] = text.split('/');
  return rest.length === 0 ? { kind, name: first, text } : { kind, namespace: first, name: rest.join('/'), text };
}

function changeOf(metadata: automation.StepEventMetadata): Change | undefined {
  const change = changes[metadata.op];
  return change === 'delete' && metadata.old?.retainOnDelete === true ? 'forget' : change;
}

function fieldsOf(metadata: automation.StepEventMetadata): string[] {
  const detailed = Object.keys(metadata.detailedDiff ?? {});
  return (detailed.length > 0 ? detailed : (metadata.diffs ?? [])).filter((field) => !field.startsWith('__')).sort();
}

function diagnosticOf(event: automation.DiagnosticEvent): Diagnostic | undefined {
  const message = clean(event.message);
  const own = event.urn !== undefined && event.urn !== '' && !event.urn.includes('::pulumi:pulumi:Stack::');
  // Where the provider was found, and that there is a newer program, is nothing to act on.
  if (event.severity === 'warning' && !own) return undefined;
  // The engine repeats an object's failure as the stack's.
  if (message === '' || (!own && message === 'update failed')) return undefined;
  const severity = event.severity === 'error' ? 'error' : 'warning';
  return own ? { severity, object: objectOf(event.urn ?? '').text, message } : { severity, message };
}

/** Without colour marks of the engine (`<{%reset%}>`) and surplus white space. */
function clean(text: string): string {
  return text
    .replace(/<\{%[^%]*%\}>/g, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

function distinct(list: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(list.map((entry) => [JSON.stringify(entry), entry])).values()];
}
