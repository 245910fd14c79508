import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumLaunchOptions } from './scripts/chromium.mjs';

const browserTests = '**/*.browser.test.ts';
const outside = ['node_modules/**', 'dist/**', 'dist-bench/**', '.cache/**', '.gpu-host/**'];

/** Two projects: everything that needs a GPU runs in a real Chromium, everything else in Node. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    projects: [
      { test: { name: 'node', environment: 'node', include: ['**/*.test.ts'], exclude: [...outside, browserTests], testTimeout: 60_000, hookTimeout: 120_000 } },
      {
        test: {
          name: 'browser',
          include: [browserTests],
          exclude: outside,
          testTimeout: 120_000,
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
