import { defineConfig } from 'vitest/config';

/** Tests that start brokers, databases or whole processes: one file at a time, with room to start things. */
export default defineConfig({
  test: {
    include: ['test/integration/**/*.test.ts'],
    setupFiles: ['test/integration/support/after-each-test.ts'],
    passWithNoTests: true,
    pool: 'forks',
    fileParallelism: false,
    // Limits are for what hangs: no test proves how fast the machine is.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000, interval: 50 } },
  },
});
