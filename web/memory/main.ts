import { h } from '../sluice-chat/dom.ts';
import { explainError } from '../sluice-chat/error-text.ts';
import { formatBytes } from '../sluice-chat/format.ts';
import { adviseOn } from '../sluice-chat/unsupported.ts';
import { findWebGpuProblem } from '../sluice-chat/webgpu-check.ts';
import { EngineClient } from '../worker/client.ts';
import { isAbort } from '../worker/wire-error.ts';
import { figuresTable, formatTime, NAMES, verdict, type Kind } from './figures.ts';
import { tellsHostMemory, watchHostMemory } from './host-memory.ts';
import { LineChart } from './line-chart.ts';
import { Measurement } from './measurement.ts';

/** Samples of a whole run. */
const SAMPLES = 100;
const KINDS = ['linear', 'hybrid'] as const satisfies readonly Kind[];

function part<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`memory.html lacks #${id}.`);
  return found;
}

const form = part('controls', HTMLFormElement);
const size = part('size', HTMLSelectElement);
const tokens = part('tokens', HTMLSelectElement);
const start = part('start', HTMLButtonElement);
const cancel = part('cancel', HTMLButtonElement);
const progress = part('progress', HTMLProgressElement);
const status = part('status', HTMLElement);
const table = part('table', HTMLElement);

const lines = (what: string, style = ''): { label: string; style: string }[] => KINDS.map((kind) => ({ label: `${NAMES[kind]}${what}`, style: style ? `${kind} ${style}` : kind }));
const memory = new LineChart('State', 'Bytes on the GPU that belong to the text.', [...lines(', in use'), ...lines(', allocated', 'allocated')], formatBytes);
const speed = new LineChart('Time', 'Milliseconds a token.', lines(''), formatTime);
const host = tellsHostMemory() ? new LineChart('Host memory', 'Page and worker together, as the browser tells it after a collection, every half minute or so.', lines(''), formatBytes) : undefined;
const charts = [memory, speed, ...(host ? [host] : [])];
part('charts', HTMLElement).append(...charts.map(({ element }) => element));
if (!host) explainNoHost();

function explainNoHost(): void {
  part('host', HTMLElement).replaceChildren(h('strong', {}, 'Host memory'), ' is not drawn: browsers tell it only to pages that are isolated from other origins (Chromium with site isolation, and the headers COOP and COEP).');
}

const engine = new EngineClient(() => new Worker(new URL('./worker.ts', import.meta.url), { name: 'sluice-memory', type: 'module' }));
const measured = {
  generate: engine.generate.bind(engine),
  state: async () => {
    const { memory: gpu, session } = await engine.memory();
    return { allocated: gpu.state, used: session ? session.fixed + session.growing : 0 };
  },
};

/** A run of both models, which pauses and goes on. */
interface Run {
  readonly total: number;
  readonly measurements: Readonly<Record<Kind, Measurement>>;
  readonly controller: AbortController;
  /** The model that is in the worker. */
  loaded: Kind | undefined;
}

let run: Run | undefined;
let running = false;

function show(message: string): void {
  start.textContent = running ? 'Pause' : run ? 'Continue' : 'Start';
  start.classList.toggle('primary', !running);
  cancel.hidden = !run;
  size.disabled = tokens.disabled = run !== undefined;
  status.textContent = message;
}

function showProgress({ measurements, total }: Run): void {
  const done = measurements.linear.tokens + measurements.hybrid.tokens;
  progress.value = done / (2 * total);
  table.replaceChildren(figuresTable({ linear: measurements.linear.samples, hybrid: measurements.hybrid.samples }, total));
}

function begin(): Run {
  const total = Number(tokens.value);
  const measurement = (): Measurement => new Measurement(measured, total, total / SAMPLES);
  for (const chart of charts) chart.reset(total);
  return { total, measurements: { linear: measurement(), hybrid: measurement() }, controller: new AbortController(), loaded: undefined };
}

async function measure(current: Run, kind: Kind): Promise<void> {
  const { measurements, total, controller } = current;
  if (current.loaded !== kind) {
    show(`${NAMES[kind]}: weights are being made …`);
    // A cache is allocated for the tokens that are to come; a state of fixed size asks for no limit.
    if (kind === 'linear') await engine.load(size.value, {}, undefined, controller.signal);
    else await engine.load(`${size.value}-hybrid`, { contextLength: total + 1 }, undefined, controller.signal);
    current.loaded = kind;
  }
  show(`${NAMES[kind]}: generating ${total.toLocaleString('en')} tokens …`);
  const pause = new AbortController();
  const measurement = measurements[kind];
  if (host) void watchHostMemory((bytes) => {
    if (bytes === undefined) return explainNoHost();
    host.element.hidden = false;
    host.add(kind, measurement.tokens, bytes);
  }, pause.signal);
  try {
    await measurement.run(({ tokens: at, used, allocated, milliseconds }) => {
      memory.add(kind, at, used);
      memory.add(`${kind} allocated`, at, allocated);
      speed.add(kind, at, milliseconds);
      showProgress(current);
    });
  } finally {
    pause.abort();
  }
}

/** Goes on with a run to its end, its pause, or its failure. */
async function goOn(current: Run): Promise<void> {
  run = current;
  running = true;
  try {
    for (const kind of KINDS) if (current.measurements[kind].tokens < current.total) await measure(current, kind);
    finish(verdict({ linear: current.measurements.linear.samples, hybrid: current.measurements.hybrid.samples }));
  } catch (error) {
    running = false;
    if (current !== run) return;
    if (isAbort(error)) return show(`Paused after ${(current.measurements.linear.tokens + current.measurements.hybrid.tokens).toLocaleString('en')} tokens.`);
    const { title, advice } = explainError(error instanceof Error ? error : new Error(String(error)), 'generate');
    finish(`${title}. ${advice}`);
  }
}

function finish(message: string): void {
  engine.dispose();
  run = undefined;
  running = false;
  show(message);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (running) engine.stop();
  else void goOn(run ?? begin());
});
cancel.addEventListener('click', () => {
  run?.controller.abort();
  engine.stop();
  start.focus();
  finish('Cancelled. What was measured stays until the next start.');
});

for (const chart of charts) chart.reset(Number(tokens.value));
// The first answer takes its time.
if (host) host.element.hidden = true;
const problem = await findWebGpuProblem();
if (problem) {
  const { title, reason, steps } = adviseOn(problem, navigator.userAgent);
  start.disabled = true;
  show([`${title}.`, reason, ...steps].join(' '));
} else show(status.textContent ?? '');
