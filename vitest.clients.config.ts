import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Tests that need real clients on the machine; one that is missing is a failure. */
const config: ViteUserConfig = defineConfig({
  test: { include: ['test/clients/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
});

export default config;
