import type { ModelSource, Quantization } from '../../models/load/load-options.ts';
import { DEFAULT_MODEL } from '../default-model.ts';
import { createDialog } from './dialog.ts';
import { button, h } from './dom.ts';
import { formatBytes } from './format.ts';
import { icon } from './icons.ts';
import { modelFiles } from './model-files.ts';
import { SUGGESTIONS } from './suggestions.ts';

const QUALITY: readonly { readonly value: Quantization; readonly name: string; readonly about: string }[] = [
  { value: 'int4', name: '4-bit', about: 'Smallest and quickest' },
  { value: 'int8', name: '8-bit', about: 'Close to the original' },
  { value: 'fp8', name: '8-bit float', about: 'Like 8-bit, kinder to outliers' },
  { value: 'none', name: 'Original', about: 'Exact, largest' },
];

/** Where one chooses a model: a suggestion, any Hub id or address, or a folder, and how small to make it. */
export class ModelPicker {
  readonly dialog: HTMLDialogElement;
  readonly #onPick: (source: ModelSource, quantize: Quantization) => void;
  readonly #input: HTMLInputElement;
  readonly #quality: HTMLFieldSetElement;
  readonly #problem = h('p', { class: 'field-problem', role: 'alert' });

  constructor(onPick: (source: ModelSource, quantize: Quantization) => void) {
    this.#onPick = onPick;
    this.#input = h('input', { type: 'text', id: 'source', class: 'field', placeholder: 'org/name or https://…', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', required: true });
    const byName = h('form', { class: 'row', submit: (event) => { event.preventDefault(); this.#pick(this.#input.value.trim()); } }, this.#input, h('button', { class: 'button primary', type: 'submit' }, 'Load'));
    const suggestions = h('ul', { class: 'suggestions' },
      suggestion(DEFAULT_MODEL.name, DEFAULT_MODEL.about, DEFAULT_MODEL.size, () => this.#pick(DEFAULT_MODEL.url, 'none')),
      ...SUGGESTIONS.map(({ id, about, bytes }) => suggestion(id, about, `about ${formatBytes(bytes)}`, () => this.#pick(id))));
    this.#quality = h('fieldset', { class: 'quality' }, h('legend', {}, 'Size in memory'), ...QUALITY.map(({ value, name, about }) => h('label', { class: 'choice' },
      h('input', { type: 'radio', name: 'quality', value, ...(value === 'int4' ? { checked: true } : {}) }), h('span', {}, h('b', {}, name), h('small', {}, about)))));
    const files = h('input', { type: 'file', webkitdirectory: true, multiple: true, hidden: true, 'aria-label': 'Model folder', change: () => this.#pickFiles([...(files.files ?? [])]) });
    this.dialog = createDialog('Choose a model', 'model-picker',
      h('label', { class: 'label', for: 'source' }, 'A model on the Hugging Face Hub, or the address of a folder'), byName,
      this.#quality, suggestions,
      h('div', { class: 'folder' }, button('Open a folder…', icon('folder'), () => files.click(), { class: 'button' }), h('small', {}, 'or drop one anywhere here. It never leaves this computer.'), files),
      this.#problem);
  }

  set quantize(value: Quantization) {
    for (const input of this.#quality.querySelectorAll('input')) input.checked = input.value === value;
  }

  get quantize(): Quantization {
    const checked = this.#quality.querySelector<HTMLInputElement>('input:checked')?.value;
    return QUALITY.find(({ value }) => value === checked)?.value ?? 'none';
  }

  open(): void {
    this.#problem.textContent = '';
    this.dialog.showModal();
  }

  #pickFiles(all: readonly File[]): void {
    const files = modelFiles(all);
    if (files.some(({ name }) => name === 'config.json' || name.endsWith('.gguf'))) return this.#pick(files);
    this.#problem.textContent = 'That folder holds neither a config.json nor a .gguf file, so it is no model folder.';
  }

  #pick(source: ModelSource, quantize = this.quantize): void {
    if (source === '') return;
    this.dialog.close();
    this.#onPick(source, quantize);
  }
}

function suggestion(name: string, about: string, size: string, run: () => void): HTMLElement {
  return h('li', {}, h('button', { type: 'button', class: 'suggestion', click: run }, h('b', {}, name), h('small', {}, about), h('span', { class: 'size' }, size)));
}
