import type { ChosenSettings } from './chosen-settings.ts';
import { createDialog } from './dialog.ts';
import { button, h } from './dom.ts';
import { icon } from './icons.ts';
import { LIMITS, parseSettings, type NumberSetting } from './settings-store.ts';

/** A number that can be set, and what it does in plain words. */
interface Field {
  readonly key: NumberSetting;
  readonly label: string;
  readonly about: string;
  readonly step: number;
}

const FIELDS: readonly Field[] = [
  { key: 'temperature', label: 'Temperature', about: '0 always takes the likeliest word; higher is more daring', step: 0.05 },
  { key: 'topP', label: 'Top-p', about: 'Only the likeliest words that add up to this share', step: 0.01 },
  { key: 'topK', label: 'Top-k', about: 'Only this many of the likeliest words; 0 is all', step: 1 },
  { key: 'minP', label: 'Min-p', about: 'No words less likely than this share of the likeliest', step: 0.01 },
  { key: 'repetitionPenalty', label: 'Repetition penalty', about: 'Above 1 avoids what has been said', step: 0.05 },
  { key: 'presencePenalty', label: 'Presence penalty', about: 'Avoids words already used', step: 0.1 },
  { key: 'frequencyPenalty', label: 'Frequency penalty', about: 'Avoids words used often', step: 0.1 },
  { key: 'maxTokens', label: 'Longest answer', about: 'In tokens, about ¾ of a word each', step: 1 },
  { key: 'seed', label: 'Seed', about: 'The same seed tells the same text again', step: 1 },
];

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
    const { key, label, about, step } = field;
    const [min, max] = LIMITS[key];
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
