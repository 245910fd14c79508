import type { LoadProgress } from '../../models/load/load-options.ts';
import { button, h } from './dom.ts';
import { formatBytes, formatTimeLeft } from './format.ts';

const PHASES: Readonly<Record<LoadProgress['phase'], string>> = {
  config: 'Reading the description…',
  tokenizer: 'Reading the vocabulary…',
  weights: 'Loading the weights',
  compile: 'Preparing the GPU…',
  ready: 'Ready',
};

/** Time over which the download's speed is averaged, in milliseconds. */
const WINDOW_MS = 4000;

/** A bar with phase, bytes, speed and time left, and a way to stop. */
export class LoadProgressView {
  readonly element: HTMLElement;
  readonly #title = h('p', { class: 'progress-title' });
  readonly #phase = h('span', {}, '');
  readonly #left = h('span');
  readonly #figures = h('span', { class: 'progress-figures' });
  readonly #bar = h('span', { class: 'progress-fill' });
  readonly #track = h('div', { class: 'progress-track', role: 'progressbar', 'aria-label': 'Loading the model', 'aria-valuemin': 0, 'aria-valuemax': 100 }, this.#bar);
  #samples: { at: number; bytes: number }[] = [];

  constructor(onCancel: () => void) {
    this.element = h('div', { class: 'progress', hidden: true, 'data-part': 'progress' }, this.#title, this.#track, h('p', { class: 'progress-line' }, this.#phase, this.#left, this.#figures), button('Cancel', undefined, onCancel, { class: 'button' }));
  }

  begin(name: string): void {
    this.#samples = [];
    this.#title.textContent = `Loading ${name}`;
    this.element.hidden = false;
    this.show({ phase: 'config', loadedBytes: 0, totalBytes: 0 });
  }

  end(): void {
    this.element.hidden = true;
  }

  show({ phase, loadedBytes, totalBytes }: LoadProgress): void {
    const known = totalBytes > 0;
    const share = phase === 'compile' || phase === 'ready' ? 1 : known ? loadedBytes / totalBytes : 0;
    const percent = Math.round(100 * share);
    this.#phase.textContent = PHASES[phase];
    this.#bar.style.inlineSize = `${percent}%`;
    this.#track.toggleAttribute('data-unknown', !known || phase === 'compile');
    if (known) this.#track.setAttribute('aria-valuenow', String(percent));
    else this.#track.removeAttribute('aria-valuenow');
    const figures = known ? [`${formatBytes(loadedBytes)} of ${formatBytes(totalBytes)}`] : [];
    const speed = this.#bytesPerSecond(loadedBytes);
    const underway = phase === 'weights' && speed > 0 && loadedBytes < totalBytes;
    if (underway) figures.push(`${formatBytes(speed)}/s`);
    const left = underway ? `${formatTimeLeft((totalBytes - loadedBytes) / speed)} left` : '';
    this.#left.textContent = left;
    this.#figures.textContent = figures.join(' · ');
    this.#track.setAttribute('aria-valuetext', [PHASES[phase], ...figures, left].filter(Boolean).join(', '));
  }

  /** Speed over the last seconds; 0 until there is enough to judge by. */
  #bytesPerSecond(bytes: number): number {
    const now = performance.now();
    this.#samples.push({ at: now, bytes });
    this.#samples = this.#samples.filter(({ at }) => now - at <= WINDOW_MS);
    const first = this.#samples[0];
    return first && now - first.at > 400 ? (1000 * (bytes - first.bytes)) / (now - first.at) : 0;
  }
}
