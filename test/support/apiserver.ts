import type { TestProject } from 'vitest/node';
import { startTestCentre, type TestCentre } from './centre.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The centre shared by the tests of project `apiserver`. */
    readonly centre: TestCentre;
  }
}

/** Vitest global setup of project `apiserver`: one real centre for all its files. See test/support/centre.ts. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { restart: _, halt: __, stop, ...centre } = await startTestCentre({ name: 'shared' });
  project.provide('centre', centre);
  return stop;
}
