import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { chromiumLaunchOptions } from './scripts/chromium.mjs';

const browserTests = '**/*.browser.test.ts';
const pageTests = 'tests/page/*.test.ts';
const outside = ['node_modules/**', 'dist/**', 'dist-bench/**', '.cache/**', '.gpu-host/**'];

/** A busy machine may take more than the second that Vitest would wait. */
const expectation = { poll: { timeout: 30_000 } };

/** All projects run at once, each in as many processes or pages as there are processors: what waits for a browser in one leaves its turn to another. */
const maxWorkers = Math.min(4, availableParallelism());

/** The files that take longest, in the order in which they begin. */
const LONGEST = ['tests/kernels.', 'tests/models/architectures.', 'tests/models/research.', 'tests/oracle/', 'tests/sessions/long-text.', 'tests/sessions/continuity.', 'tests/cli/commands.', 'tests/page/neighbours.', 'tests/page/'];

/** So that none of them is left alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((path) => moduleId.includes(`/${path}`));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

/** A folder that may be a link, or not be there. */
const realpathOf = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

/** Three projects: kernels and models run in a real Chromium, the page is looked at from outside, everything else runs in Node. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    maxWorkers,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: 'node', environment: 'node', include: ['**/*.test.ts'], exclude: [...outside, browserTests, pageTests], maxWorkers, testTimeout: 60_000, hookTimeout: 120_000, expect: expectation } },
      { test: { name: 'page', environment: 'node', include: [pageTests], globalSetup: 'tests/page/build-site.ts', maxWorkers, testTimeout: 120_000, hookTimeout: 120_000, expect: expectation } },
      {
        // Fixtures too large for the repository lie beside it.
        server: { fs: { allow: ['.', realpathOf('../shared')] } },
        test: {
          name: 'browser',
          env: { REQUIRE_SHARED: process.env.REQUIRE_SHARED ?? '' },
          include: [browserTests],
          exclude: outside,
          testTimeout: 120_000,
          expect: expectation,
          maxWorkers,
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
