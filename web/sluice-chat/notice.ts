import { button, h } from './dom.ts';
import { icon } from './icons.ts';
import { adviseOn, CHECK_PAGE, type WebGpuProblem } from './webgpu-check.ts';

export interface NoticeAction {
  readonly label: string;
  readonly primary?: boolean;
  readonly run: () => void;
}

/** A message in the flow of the text: what happened, what to do, and buttons that do it. */
export function errorNotice(title: string, advice: string, details: string, actions: readonly NoticeAction[]): HTMLElement {
  return h('div', { class: 'notice', role: 'alert', 'data-part': 'error' },
    h('p', { class: 'notice-title' }, icon('warning'), title),
    h('p', {}, advice),
    ...(details ? [h('details', {}, h('summary', {}, 'Details'), h('p', { class: 'details' }, details))] : []),
    actionRow(actions));
}

/** A calm remark, for instance that a download was stopped. */
export function remark(title: string, advice: string, actions: readonly NoticeAction[]): HTMLElement {
  return h('div', { class: 'notice remark', role: 'status', 'data-part': 'remark' }, h('p', { class: 'notice-title' }, title), h('p', {}, advice), actionRow(actions));
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

function actionRow(actions: readonly NoticeAction[]): HTMLElement {
  return h('div', { class: 'notice-actions' }, ...actions.map(({ label, primary, run }) => button(label, undefined, run, { class: primary ? 'button primary' : 'button' })));
}
