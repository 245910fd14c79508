import { button, h } from './dom.ts';
import { icon } from './icons.ts';

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

function actionRow(actions: readonly NoticeAction[]): HTMLElement {
  return h('div', { class: 'notice-actions' }, ...actions.map(({ label, primary, run }) => button(label, undefined, run, { class: primary ? 'button primary' : 'button' })));
}
