// Finds a Chromium that can run WebGPU and says how to launch it.
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

// SwiftShader takes seconds to compile the zeroing of 16 KiB of workgroup memory, and 0.1 s without it: kernels must not rely on the zeros.
const WEBGPU_FLAGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--enable-dawn-features=disable_workgroup_init',
  '--disable-background-networking',
  '--disable-component-update',
];
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
