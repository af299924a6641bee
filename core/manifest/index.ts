/** Reads manifests with their positions, checks them, and repairs what can be repaired without changing a meaning. */
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
