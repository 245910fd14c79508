// Launches a headless Chromium with WebGPU, and installs one where this machine has none.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromiumFlags, installedChromiums } from './chromium.mjs';
import { ROOT } from './paths.mjs';

const WAY_OUT = 'Install Google Chrome or Chromium, or set CHROMIUM_PATH to the executable of one, and run the command again.';

/**
 * Playwright, or the package that SLUICE_PLAYWRIGHT names by its folder: a GPU host may hold nothing but playwright-core.
 * @returns {typeof import('playwright')}
 */
function loadPlaywright() {
  return createRequire(import.meta.url)(process.env.SLUICE_PLAYWRIGHT ?? 'playwright');
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {'quiet'} [quiet]
 */
function succeeds(command, args, quiet) {
  // 2: what installers say goes to stderr, since commands print results on stdout.
  const output = quiet ? 'ignore' : 2;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { cwd: ROOT, env, stdio: ['ignore', output, output] }).status === 0;
}

function installPlaywrightBrowser() {
  const cli = join(ROOT, 'node_modules/playwright/cli.js');
  return existsSync(cli) && succeeds(process.execPath, [cli, 'install', 'chromium']);
}

/** Debian's package, where this user may install it without being asked for a password. */
function installDebianPackage() {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return false;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length > 0 && !succeeds('sudo', ['-n', 'true'], 'quiet')) return false;
  /** @param {string[]} args */
  const apt = (...args) => {
    const [command, ...rest] = [...sudo, 'apt-get', ...args];
    return succeeds(command, rest);
  };
  return apt('update', '-q') && apt('install', '-q', '-y', '--no-install-recommends', 'chromium');
}

/**
 * A launched browser and the executable it came from. Every candidate is tried, since a name on the path proves little:
 * Ubuntu's `chromium-browser` may only recommend a snap, and Playwright's own may lack system libraries.
 * Throws with the way out where none starts and none can be installed.
 * @returns {Promise<{ browser: import('playwright').Browser, executablePath: string }>}
 */
export async function launchChromium() {
  const { chromium } = loadPlaywright();
  /** @type {Map<string, string>} */
  const problems = new Map();
  const launch = async () => {
    const candidates = process.env.CHROMIUM_PATH ? installedChromiums() : [...installedChromiums(), chromium.executablePath()].filter(existsSync);
    for (const executablePath of candidates.filter((path) => !problems.has(path))) {
      try {
        return { browser: await chromium.launch({ executablePath, args: chromiumFlags() }), executablePath };
      } catch (error) {
        problems.set(executablePath, String(error));
      }
    }
    return undefined;
  };

  const found = await launch();
  if (found) return found;
  if (!process.env.CHROMIUM_PATH) {
    console.error('Found no Chromium that starts; installing one …');
    for (const install of [installPlaywrightBrowser, installDebianPackage]) {
      const installed = install() ? await launch() : undefined;
      if (installed) return installed;
    }
  }
  const tried = [...problems].map(([path, problem]) => `\n${path}: ${problem}`).join('');
  throw new Error(`No Chromium could be launched. ${WAY_OUT}${tried}`);
}
