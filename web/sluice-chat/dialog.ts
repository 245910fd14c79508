import { button, h } from './dom.ts';
import { icon } from './icons.ts';

/** A modal sheet with a title and a close button; the browser keeps the focus inside and gives it back. */
export function createDialog(title: string, part: string, ...content: readonly (Node | string)[]): HTMLDialogElement {
  const dialog = h('dialog', { class: 'sheet', 'aria-label': title, 'data-part': part },
    h('div', { class: 'sheet-head' }, h('h2', {}, title), button('Close', icon('close'), () => dialog.close(), { quiet: true, class: 'icon-button' })),
    h('div', { class: 'sheet-body' }, ...content));
  // A click beside the sheet hits the dialog itself: everything in it is covered by its two children.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}
