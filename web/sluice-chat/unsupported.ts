import { button, h } from './dom.ts';
import { icon } from './icons.ts';
import type { WebGpuProblem } from './webgpu-check.ts';

// A script of its own: most visitors never need it.

export interface Advice {
  readonly title: string;
  readonly reason: string;
  readonly steps: readonly string[];
  /** What would help in browsers other than the one in use. */
  readonly otherBrowsers: readonly string[];
}

/** A page that tells which GPU features the browser offers. */
const CHECK_PAGE = 'https://webgpureport.org/';

const BROWSERS: readonly { readonly name: string; readonly agent: RegExp; readonly missing: string; readonly adapter: string }[] = [
  {
    name: 'Edge',
    agent: /Edg\//,
    missing: 'Edge 113 or newer has WebGPU on Windows and macOS: update it under edge://settings/help.',
    adapter: 'Turn on “Use graphics acceleration when available” in edge://settings/system and restart Edge.',
  },
  {
    name: 'Chrome',
    agent: /Chrome\/|CriOS\//,
    missing: 'Chrome 113 or newer has WebGPU on Windows, macOS and ChromeOS, Chrome 121 on Android: update it under chrome://settings/help.',
    adapter: 'Turn on “Use graphics acceleration when available” in chrome://settings/system and restart Chrome. On Linux, also switch on “Unsafe WebGPU Support” and “Vulkan” in chrome://flags.',
  },
  {
    name: 'Firefox',
    agent: /Firefox\/|FxiOS\//,
    missing: 'Firefox has WebGPU since version 141 on Windows and 145 on Macs with Apple silicon; elsewhere, set dom.webgpu.enabled to true in about:config.',
    adapter: 'Look under “Graphics” in about:support whether WebGPU is blocked, and update the graphics driver.',
  },
  {
    name: 'Safari',
    agent: /Safari\//,
    missing: 'Safari 26 or newer has WebGPU (macOS 26, iOS 26, iPadOS 26): update the system.',
    adapter: 'Update the system, and turn Lockdown Mode off for this site if it is on.',
  },
];

/** What to tell a visitor: the advice for the browser in use, and that for others apart from it. */
export function adviseOn(problem: WebGpuProblem, userAgent: string): Advice {
  // Every browser's name for itself contains others' names; the table's order takes care of that.
  const own = BROWSERS.find(({ agent }) => agent.test(userAgent));
  const others = BROWSERS.filter((browser) => browser !== own).map(({ missing }) => missing);
  switch (problem) {
    case 'insecure-context':
      return {
        title: 'This page needs a secure address',
        reason: 'Browsers offer WebGPU, which the model runs on, only to pages from https:// or localhost. This one came over plain http://.',
        steps: ['Open the same address with https://.', 'If this is your own server, set up a certificate, or use http://localhost while developing.'],
        otherBrowsers: [],
      };
    case 'no-webgpu':
      return {
        title: 'This browser does not offer WebGPU yet',
        reason: 'The model runs on your own graphics card through WebGPU, and this browser has no way to it.',
        steps: own ? [own.missing, 'If it is up to date already, try one of the browsers below, or another device.'] : others,
        otherBrowsers: own ? others : [],
      };
    case 'no-adapter':
      return {
        title: 'No usable graphics card was found',
        reason: 'The browser knows WebGPU, but gave no access to a GPU. Hardware acceleration may be off, or the graphics driver too old.',
        steps: [own?.adapter ?? 'Turn on hardware acceleration in the browser’s settings and restart it.', 'Update the graphics driver and the browser.', 'On a computer with two GPUs, or in a virtual machine or remote desktop, try another device.'],
        otherBrowsers: [],
      };
    default:
      return problem satisfies never;
  }
}

/** Why there is nothing to see here, and the way forward. */
export function unsupportedNotice(problem: WebGpuProblem, onRetry: () => void): HTMLElement {
  const { title, reason, steps, otherBrowsers } = adviseOn(problem, navigator.userAgent);
  const check = h('a', { href: CHECK_PAGE, target: '_blank', rel: 'noopener noreferrer' }, 'See what this browser offers');
  return h('div', { class: 'notice unsupported', role: 'status', 'data-part': 'unsupported' },
    h('p', { class: 'notice-title' }, title),
    h('p', {}, reason),
    h('p', { class: 'notice-lead' }, 'What you can do'),
    stepList(steps),
    ...(otherBrowsers.length > 0 ? [h('details', {}, h('summary', {}, 'Other browsers'), stepList(otherBrowsers))] : []),
    h('div', { class: 'notice-actions' }, button('Look again', icon('retry'), onRetry, { class: 'button' }), check));
}

function stepList(steps: readonly string[]): HTMLElement {
  return h('ul', {}, ...steps.map((step) => h('li', {}, step)));
}
