// Finds a Chromium that can run WebGPU and says how to launch it.
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

const WEBGPU_FLAGS = ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-background-networking', '--disable-component-update'];
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Path of an installed browser, or undefined where only Playwright's own could serve. */
export function installedChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which does not exist`);
    return named;
  }
  for (const command of COMMANDS) {
    try {
      return execFileSync('which', [command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      // not on the path: try the next name
    }
  }
  return undefined;
}

/** Launch options for Playwright: the browser found on this machine with WebGPU switched on. */
export function chromiumLaunchOptions() {
  const executablePath = installedChromium();
  const args = process.env.CHROMIUM_FLAGS ? process.env.CHROMIUM_FLAGS.split(' ') : WEBGPU_FLAGS;
  return { args, ...(executablePath ? { executablePath } : {}) };
}
