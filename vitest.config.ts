import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumLaunchOptions } from './scripts/chromium.mjs';

const browserTests = '**/*.browser.test.ts';
const pageTests = 'tests/page/*.test.ts';
const outside = ['node_modules/**', 'dist/**', 'dist-bench/**', '.cache/**', '.gpu-host/**'];

/** A busy machine may take more than the second that Vitest would wait. */
const expectation = { poll: { timeout: 30_000 } };

/** Three projects: kernels and models run in a real Chromium, the page is looked at from outside, everything else runs in Node. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    projects: [
      { test: { name: 'node', environment: 'node', include: ['**/*.test.ts'], exclude: [...outside, browserTests, pageTests], testTimeout: 60_000, hookTimeout: 120_000, expect: expectation } },
      { test: { name: 'page', environment: 'node', include: [pageTests], globalSetup: 'tests/page/build-site.ts', fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000, expect: expectation } },
      {
        test: {
          name: 'browser',
          include: [browserTests],
          exclude: outside,
          testTimeout: 120_000,
          expect: expectation,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromiumLaunchOptions() }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
