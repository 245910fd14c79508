import { afterEach, expect, test, vi } from 'vitest';
import { chromiumCandidates, chromiumLaunchOptions } from './chromium.mjs';

afterEach(() => vi.unstubAllEnvs());

test('looks where each platform keeps its browsers', () => {
  expect(chromiumCandidates('linux', { PATH: '/opt/bin:/usr/bin' }).slice(0, 3)).toEqual(['/opt/bin/chromium', '/usr/bin/chromium', '/opt/bin/google-chrome']);
  expect(chromiumCandidates('darwin', { HOME: '/Users/a', PATH: '' }).slice(0, 2)).toEqual([
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Users/a/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ]);
  expect(chromiumCandidates('win32', { PROGRAMFILES: 'C:\\Program Files', LOCALAPPDATA: 'C:\\Users\\a\\AppData\\Local' }).slice(0, 2)).toEqual([
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Users\\a\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe',
  ]);
});

test('CHROMIUM_PATH and CHROMIUM_FLAGS come first', () => {
  vi.stubEnv('CHROMIUM_PATH', process.execPath);
  vi.stubEnv('CHROMIUM_FLAGS', '--one  --two=2');
  expect(chromiumLaunchOptions()).toEqual({ executablePath: process.execPath, args: ['--one', '--two=2'] });
  vi.stubEnv('CHROMIUM_PATH', '/absent/chromium');
  expect(() => chromiumLaunchOptions()).toThrow('CHROMIUM_PATH names /absent/chromium, which does not exist');
});
