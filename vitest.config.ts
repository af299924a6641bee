import { defineConfig } from 'vitest/config';

/**
 * `unit` needs no server and runs in parallel; `apiserver` shares one real centre; `cloud` (with the attacks) on four real
 * ones, its files one after another because they share them; `long` is what `npm run test:long` adds.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{apiserver,attacks,cloud,faults,long}/**'],
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
          include: ['test/{attacks,cloud}/**/*.test.ts'],
          globalSetup: ['test/support/cloud.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
