// Finds a Chromium that can run WebGPU and says how to launch it.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const WEBGPU_FLAGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  // SwiftShader takes seconds to compile the zeroing of 16 KiB of workgroup memory, and 0.1 s without it: kernels must not rely on the zeros.
  '--enable-dawn-features=disable_workgroup_init',
  '--disable-background-networking',
  '--disable-component-update',
];
const COMMANDS = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser', 'microsoft-edge'];
const MAC_APPLICATIONS = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
const WINDOWS_PROGRAMS = ['Google\\Chrome\\Application\\chrome.exe', 'Chromium\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Where a browser may be on this kind of machine, best first.
 * @param {NodeJS.Platform} platform
 * @param {Record<string, string | undefined>} env
 * @returns {string[]}
 */
export function chromiumCandidates(platform, env) {
  if (platform === 'win32') {
    const roots = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter((root) => root !== undefined);
    return WINDOWS_PROGRAMS.flatMap((program) => roots.map((root) => `${root}\\${program}`));
  }
  const onPath = COMMANDS.flatMap((command) => (env.PATH ?? '').split(delimiter).filter(Boolean).map((folder) => join(folder, command)));
  if (platform !== 'darwin') return onPath;
  const applications = MAC_APPLICATIONS.flatMap((name) => ['', env.HOME ?? ''].map((home) => `${home}/Applications/${name}.app/Contents/MacOS/${name}`));
  return [...applications, ...onPath];
}

/** Paths of the browsers installed here, best first; only the one that CHROMIUM_PATH names where it is set. */
export function installedChromiums() {
  const named = process.env.CHROMIUM_PATH;
  if (!named) return chromiumCandidates(process.platform, process.env).filter(isExecutable);
  if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which does not exist`);
  return [named];
}

/** Command-line flags that switch WebGPU on; CHROMIUM_FLAGS replaces them. */
export function chromiumFlags() {
  return process.env.CHROMIUM_FLAGS ? process.env.CHROMIUM_FLAGS.split(' ').filter(Boolean) : WEBGPU_FLAGS;
}

/** Launch options for Playwright: the first browser found, Playwright's own where there is none. */
export function chromiumLaunchOptions() {
  const [executablePath] = installedChromiums();
  return { args: chromiumFlags(), ...(executablePath ? { executablePath } : {}) };
}
