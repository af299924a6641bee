/** Reads manifests with their positions, checks them, and repairs what can be repaired without changing a meaning. */
export { applyFixes } from './fix.ts';
export { checkManifests, loadManifests } from './load.ts';
export { parseManifests } from './parse.ts';
export type { ManifestSet, Problem, Recorded, SourceFile } from './types.ts';
