import { button, h } from './dom.ts';
import { icon } from './icons.ts';

/** `‹ 2/3 ›`: which of several branches is on show. Beyond the last comes the first again, so that no button is ever idle. */
export function versions(at: number, of: number, onStep: (step: -1 | 1) => void): HTMLElement {
  const step = (label: string, by: -1 | 1, name: string): HTMLButtonElement => button(label, icon('chevron'), () => onStep(by), { quiet: true, class: `icon-button ${name}` });
  return h('span', { class: 'versions', role: 'group', 'aria-label': `Version ${at} of ${of}` }, step('Previous version', -1, 'previous'), h('span', { 'aria-hidden': 'true' }, `${at}/${of}`), step('Next version', 1, 'next'));
}
