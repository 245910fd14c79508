import { h } from '../sluice-chat/dom.ts';

export interface Series {
  readonly label: string;
  /** Class of the line and of its sample in the legend. */
  readonly style: string;
}

interface Line {
  readonly series: Series;
  readonly path: SVGElement;
  readonly value: HTMLElement;
  readonly points: [x: number, y: number][];
}

const HEIGHT = 240;
/** Space for the figures at the axes, in pixels. */
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 12, 10, 26];

function svg(tag: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that cuts `most` into at most `parts` parts. */
export function niceStep(most: number, parts: number): number {
  const power = 10 ** Math.floor(Math.log10(most / parts));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => power * factor * parts >= most) ?? 10);
}

/** Lines over a number of tokens that grow as points come, with a legend that shows the newest values. Drawn in CSS pixels, so that figures keep their size on a phone. */
export class LineChart {
  readonly element: HTMLElement;
  readonly #picture: SVGElement;
  readonly #axes = svg('g', { class: 'axes' });
  readonly #lines: readonly Line[];
  readonly #title: string;
  readonly #format: (value: number) => string;
  #xMax = 1;
  #width = 640;

  constructor(title: string, note: string, series: readonly Series[], format: (value: number) => string) {
    this.#title = title;
    this.#format = format;
    this.#lines = series.map((one) => ({ series: one, path: svg('path', { class: `line ${one.style}` }), value: h('b'), points: [] }));
    this.#picture = svg('svg', { role: 'img', height: HEIGHT });
    this.#picture.append(this.#axes, ...this.#lines.map(({ path }) => path));
    const legend = h('ul', { class: 'legend' }, ...this.#lines.map(({ series: { label, style }, value }) => h('li', {}, h('span', { class: `swatch ${style}`, 'aria-hidden': 'true' }), `${label} `, value)));
    this.element = h('figure', { class: 'chart' }, h('figcaption', {}, h('h3', {}, title), h('p', {}, note)), legend, this.#picture);
    new ResizeObserver(([entry]) => {
      this.#width = Math.max(240, entry?.contentRect.width ?? 0);
      this.#draw();
    }).observe(this.element);
  }

  /** Empties the chart for `xMax` tokens. */
  reset(xMax: number): void {
    this.#xMax = xMax;
    for (const line of this.#lines) {
      line.points.length = 0;
      line.value.textContent = '';
    }
    this.#draw();
  }

  add(style: string, x: number, y: number): void {
    const line = this.#lines.find(({ series }) => series.style === style);
    if (!line) throw new RangeError(`the chart has no line ${style}`);
    line.points.push([x, y]);
    line.value.textContent = this.#format(y);
    this.#draw();
  }

  #draw(): void {
    const [right, bottom] = [this.#width - RIGHT, HEIGHT - BOTTOM];
    const most = Math.max(...this.#lines.flatMap(({ points }) => points.map(([, y]) => y)), 0) || 1;
    const step = niceStep(most, 4);
    const yMax = step * Math.ceil(most / step);
    const xOf = (x: number): number => LEFT + ((right - LEFT) * x) / this.#xMax;
    const yOf = (y: number): number => bottom - ((bottom - TOP) * y) / yMax;
    this.#picture.setAttribute('width', String(this.#width));
    const drawn = this.#lines.some(({ points }) => points.length > 0);
    const rows = Array.from({ length: drawn ? Math.round(yMax / step) + 1 : 1 }, (_, i) => i * step);
    const columns = [0, 0.25, 0.5, 0.75, 1].map((share) => share * this.#xMax);
    this.#axes.replaceChildren(
      ...rows.flatMap((y) => [svg('path', { d: `M${LEFT} ${yOf(y)}H${right}` }), svg('text', { x: LEFT - 8, y: yOf(y) + 4, 'text-anchor': 'end' }, y === 0 ? '0' : this.#format(y))]),
      ...columns.map((x) => svg('text', { x: xOf(x), y: HEIGHT - 6, 'text-anchor': x === this.#xMax ? 'end' : x === 0 ? 'start' : 'middle' }, Math.round(x).toLocaleString('en'))));
    for (const { path, points } of this.#lines) path.setAttribute('d', points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${xOf(x).toFixed(1)} ${yOf(y).toFixed(1)}`).join(''));
    const newest = this.#lines.filter(({ points }) => points.length > 0).map(({ series, points }) => `${series.label} ${this.#format(points.at(-1)?.[1] ?? 0)} after ${points.at(-1)?.[0].toLocaleString('en')} tokens`);
    this.#picture.setAttribute('aria-label', `${this.#title}, over tokens. ${newest.length > 0 ? `${newest.join('; ')}. The table below has the figures.` : 'Nothing was measured yet.'}`);
  }
}
