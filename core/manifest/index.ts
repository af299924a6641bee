/** Reads manifests with their positions, checks them, and repairs what can be repaired without changing a meaning. */
export { applyFixes, type Fixed } from './fix.ts';
export { checkManifests, type Loaded, loadManifests, startLoading } from './load.ts';
export { type Parsed, type ParsedDocument, parseManifests } from './parse.ts';
export { fieldPath, fieldText } from './schema-walk.ts';
export type {
  CheckOptions,
  Edit,
  FieldPath,
  Located,
  Manifest,
  ManifestSet,
  Place,
  Problem,
  Recorded,
  Severity,
  SourceFile,
} from './types.ts';
