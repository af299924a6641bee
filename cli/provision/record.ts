import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
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

const compress = promisify(gzip);

/** Replaces the record, for its owner only. It is compressed beside whatever else runs. */
export async function writePlanRecord(stateDir: string, record: PlanRecord): Promise<void> {
  writeWhole(fileOf(stateDir), await compress(JSON.stringify(record), { level: 1 }));
}
