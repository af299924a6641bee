/**
 * Order of resource versions. Since Kubernetes 1.35 the API says that they are decimal numbers to be compared by value
 * within one kind; etcd revisions were that before.
 */
const decimal = /^(0|[1-9][0-9]*)$/u;

/** Whether version `a` is before `b`. Versions that are not decimal numbers have no order: false. Pure. */
export function isOlder(a: string, b: string): boolean {
  if (!decimal.test(a) || !decimal.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}

/** The later of two versions; `a` when they have no order. Pure. */
export function newerOf(a: string, b: string): string {
  return isOlder(a, b) || a === '' ? b : a;
}
