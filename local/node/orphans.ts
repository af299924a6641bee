import { join, sep } from 'node:path';
import { readTextIfThere } from '../files.ts';
import { findMarked, type ProcessId, stopProcess } from '../processes.ts';

/** The folder of one process of the node: its mounts, its HOME. */
export function unitDir(cloudDir: string, site: string, unit: string): string {
  return join(cloudDir, site, 'pods', unit);
}

/**
 * Ends the programs that a killed node left: those of its state file, and those whose start it could not write down any
 * more, found by the folder in their environment. Nothing else is touched.
 */
export async function stopOrphans(cloudDir: string): Promise<void> {
  const text = readTextIfThere(join(cloudDir, '_node', 'state.json'));
  const written = text === undefined ? [] : ((JSON.parse(text) as { pods?: readonly ProcessId[] }).pods ?? []);
  const marked = findMarked((marker) => isUnitOf(cloudDir, marker));
  await Promise.all([...written, ...marked].map((id) => stopProcess(id)));
}

function isUnitOf(cloudDir: string, marker: string): boolean {
  if (!marker.startsWith(`${cloudDir}${sep}`)) return false;
  const parts = marker.slice(cloudDir.length + 1).split(sep);
  return parts.length === 3 && parts[1] === 'pods';
}
