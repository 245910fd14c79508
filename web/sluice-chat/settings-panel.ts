import type { ChosenSettings } from './chosen-settings.ts';
import { createDialog } from './dialog.ts';
import { button, h } from './dom.ts';
import { icon } from './icons.ts';
import { FIELDS, parseSettings, type Field } from './settings-store.ts';

/** The sampling settings as a form. An empty field leaves the choice to the model and shows what that is, where known. */
export class SettingsPanel {
  readonly dialog: HTMLDialogElement;
  readonly #inputs = new Map<Field, HTMLInputElement>();
  readonly #stop: HTMLTextAreaElement;
  readonly #settings: ChosenSettings;

  constructor(settings: ChosenSettings) {
    this.#settings = settings;
    this.#stop = h('textarea', { id: 'stop', class: 'field', rows: 2, placeholder: 'none', spellcheck: 'false', input: () => this.#changed() });
    const rows = FIELDS.map((field) => this.#row(field));
    this.dialog = createDialog('Settings', 'settings',
      h('p', { class: 'hint' }, 'Empty fields are left to the model.'),
      ...rows,
      h('div', { class: 'setting tall' }, h('label', { for: 'stop' }, 'Stop at', h('small', {}, 'The text ends before any of these; one a line')), this.#stop),
      h('div', { class: 'sheet-foot' }, button('Reset to defaults', icon('retry'), () => this.#reset(), { class: 'button' })));
    this.#fill();
  }

  open(): void {
    const { defaults } = this.#settings;
    for (const [{ key }, input] of this.#inputs) input.placeholder = key in defaults ? String(defaults[key]) : key === 'seed' ? 'random' : 'auto';
    this.dialog.showModal();
  }

  #row(field: Field): HTMLElement {
    const { key, label, about, min, max, step } = field;
    const input = h('input', { id: key, class: 'field', type: 'number', inputmode: 'decimal', min, max, step, 'aria-describedby': `${key}-about`, input: () => this.#changed() });
    this.#inputs.set(field, input);
    const roll = (): void => {
      input.value = String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
      this.#changed();
    };
    return h('div', { class: 'setting' }, h('label', { for: key }, label, h('small', { id: `${key}-about` }, about)),
      h('div', { class: 'setting-input' }, ...(key === 'seed' ? [button('Roll a seed', icon('dice'), roll, { quiet: true, class: 'icon-button' })] : []), input));
  }

  #changed(): void {
    const raw: Record<string, unknown> = { stop: this.#stop.value.split('\n').filter(Boolean) };
    for (const [{ key }, input] of this.#inputs) if (input.value !== '' && isValid(input)) raw[key] = input.valueAsNumber;
    for (const input of this.#inputs.values()) input.setAttribute('aria-invalid', String(!isValid(input)));
    this.#settings.chosen = parseSettings(raw);
  }

  #reset(): void {
    this.#settings.chosen = {};
    this.#fill();
  }

  #fill(): void {
    const { chosen } = this.#settings;
    for (const [{ key }, input] of this.#inputs) input.value = String(chosen[key] ?? '');
    this.#stop.value = (chosen.stop ?? []).join('\n');
    for (const input of this.#inputs.values()) input.setAttribute('aria-invalid', 'false');
  }
}

/** Any fraction is welcome where the step is one: steps are only for the arrows. */
function isValid({ validity, step }: HTMLInputElement): boolean {
  return validity.valid || (validity.stepMismatch && Number(step) < 1 && !validity.rangeOverflow && !validity.rangeUnderflow);
}
