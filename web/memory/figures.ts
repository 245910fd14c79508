import { h } from '../sluice-chat/dom.ts';
import { formatBytes } from '../sluice-chat/format.ts';
import type { Sample } from './measurement.ts';

/** Which of the two models. */
export type Kind = 'linear' | 'hybrid';

export const NAMES: Readonly<Record<Kind, string>> = { linear: 'Linear', hybrid: 'Hybrid' };

export type Figures = Readonly<Record<Kind, readonly Sample[]>>;

/** Rows of the table. */
const ROWS = 10;

export const formatTime = (milliseconds: number): string => `${Number(milliseconds.toPrecision(3))} ms`;

/** All that the charts show, in figures: the last sample of each tenth. */
export function figuresTable({ linear, hybrid }: Figures, total: number): HTMLElement {
  const cells = (sample: Sample | undefined): HTMLElement[] => (sample ? [formatBytes(sample.used), formatTime(sample.milliseconds)] : ['–', '–']).map((text) => h('td', {}, text));
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const end = (total * (row + 1)) / ROWS;
    const lastOf = (samples: readonly Sample[]): Sample | undefined => samples.findLast(({ tokens }) => tokens <= end && tokens > end - total / ROWS);
    return h('tr', {}, h('th', { scope: 'row' }, end.toLocaleString('en')), ...cells(lastOf(linear)), ...cells(lastOf(hybrid)));
  });
  const heads = [linear, hybrid].flatMap((_, i) => ['in use', 'a token'].map((what) => h('th', { scope: 'col' }, `${Object.values(NAMES)[i] ?? ''} ${what}`)));
  return h('div', { class: 'figures', role: 'region', tabindex: 0, 'aria-label': 'Figures' },
    h('table', {}, h('caption', {}, 'State in use and time a token, at each tenth of the run'), h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Tokens'), ...heads)), h('tbody', {}, ...rows)));
}

/** What came of a finished run, in words. */
export function verdict({ linear, hybrid }: Figures): string {
  return [sentence('Linear', linear), sentence('Hybrid', hybrid)].join(' ');
}

function sentence(name: string, samples: readonly Sample[]): string {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last) return '';
  const tenth = Math.max(1, Math.floor(samples.length / ROWS));
  const times = `${formatTime(median(samples.slice(0, tenth)))} a token in the first tenth, ${formatTime(median(samples.slice(-tenth)))} in the last`;
  const grown = last.used - first.used;
  const state = grown === 0 ? `${formatBytes(last.used)} of state from the first token to the last` : `state grown from ${formatBytes(first.used)} to ${formatBytes(last.used)}, ${Math.round(grown / (last.tokens - first.tokens)).toLocaleString('en')} bytes a token`;
  return `${name}: ${state}; ${times}.`;
}

function median(samples: readonly Sample[]): number {
  return samples.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)[samples.length >> 1] ?? 0;
}
