import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { writeWhole } from '../../stacks/engine/state.ts';
import type { LiveState, SiteState } from './live.ts';

/** What the last online plan saw: the base of `plan --offline`. Times in epoch milliseconds. */
export interface PlanRecord {
  readonly at: number;
  readonly live: LiveState;
  /** By name; a centre that did not answer keeps what was seen of it before. */
  readonly sites: Readonly<Record<string, { readonly at: number; readonly state: SiteState }>>;
}

const fileOf = (stateDir: string): string => join(stateDir, 'last-plan.json.gz');

/** The record; undefined when there is none or it cannot be read. */
export function readPlanRecord(stateDir: string): PlanRecord | undefined {
  try {
    return JSON.parse(gunzipSync(readFileSync(fileOf(stateDir))).toString('utf8')) as PlanRecord;
  } catch {
    return undefined;
  }
}

/** Replaces the record, for its owner only. */
export function writePlanRecord(stateDir: string, record: PlanRecord): void {
  writeWhole(fileOf(stateDir), gzipSync(JSON.stringify(record), { level: 1 }));
}
