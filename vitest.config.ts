import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` needs no server and runs in parallel; `cloud` runs on real API servers that
 * test/support/global.ts starts once, its files one after another because they share the centres.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/cloud/**', 'test/faults/**', 'test/apiserver/**', 'test/long/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'apiserver',
          include: ['test/apiserver/**/*.test.ts', 'test/faults/**/*.test.ts'],
          globalSetup: ['test/support/apiserver.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'cloud',
          include: ['test/cloud/**/*.test.ts'],
          globalSetup: ['test/support/cloud.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
