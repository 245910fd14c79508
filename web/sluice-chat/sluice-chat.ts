import type { Usage } from '../../engine/schedule/generate-event.ts';
import type { ModelSource, Quantization } from '../../models/load/load-options.ts';
import type { KvFormat } from '../../shaders/kv/kv-format.ts';
import { DEFAULT_MODEL } from '../default-model.ts';
import { EngineClient } from '../worker/client.ts';
import { createWorker } from '../worker/create-worker.ts';
import type { ModelInfo } from '../worker/protocol.ts';
import { EngineError, isAbort } from '../worker/wire-error.ts';
import { visibleAnswer } from './answer-view.ts';
import { Branching } from './branching.ts';
import { Conversation, type Exchange } from './conversation.ts';
import { endsModel, fullRemark, loadFailure, missingScript, textFailure, unsupported, type Ways } from './failure-notices.ts';
import { formatSource } from './format.ts';
import { buildLayout, type Layout } from './layout.ts';
import { droppedFiles } from './model-files.ts';
import { errorNotice, remark, type NoticeAction } from './notice.ts';
import type { Settings } from './settings-store.ts';
import { isDefault, readKvCache, readQuantization, readSource, type Choice } from './source.ts';
import { findWebGpuProblem } from './webgpu-check.ts';

/** How long a cleared conversation can be brought back, in milliseconds. */
const UNDO_MS = 7000;

type State = 'idle' | 'unsupported' | 'loading' | 'ready' | 'generating';

/**
 * `<sluice-chat>`: a language model in a page, run on the visitor's own GPU.
 *
 * Attributes, all optional:
 * - `model`: a Hub id (`Qwen/Qwen3-0.6B`) or the address of a folder. Default: the little storyteller that comes with Sluice.
 * - `quantize`: `none` (default), `int8`, `int4` or `fp8`.
 * - `kv-cache`: how keys and values are stored, `f16` (default), `f32`, `int8` or `int4`. Of whatever is loaded next.
 * - `prompt`: what to send as soon as the model is there. Default: "Once upon a time" for the default model, else nothing.
 * - `system`: the system prompt of a chat.
 * - `placeholder`: the hint in the text field.
 * - `autostart`: load when the element is first seen (`autostart="off"`: when a button is pressed). Default: on for the
 *   default model, which is 1 MB, off for others, which may be gigabytes.
 * - `theme`: `light` or `dark`. Default: as the system is set.
 *
 * Methods: `load(source, quantize)`, `send(text)`, `stop()`, `clear()`. Properties `model`, `quantize`, `kvCache` and
 * `theme` mirror the attributes.
 *
 * Events, all bubbling and composed: `sluice-progress` (detail: `LoadProgress`), `sluice-ready` (`ModelInfo`),
 * `sluice-token` (`{ text, tokenIds }`), `sluice-finish` (`{ text, finishReason, usage }`; when stopped, the reason is `stopped` and there
 * is no usage), `sluice-error` (`{ error }`).
 *
 * CSS properties: `--sluice-height`, `--sluice-accent`, `--sluice-on-accent`, `--sluice-background`, `--sluice-raised`, `--sluice-text`,
 * `--sluice-muted`, `--sluice-border`, `--sluice-radius`, `--sluice-font`, `--sluice-story-font`.
 */
export class SluiceChat extends HTMLElement {
  static readonly observedAttributes = ['model', 'placeholder'];

  readonly #engine = new EngineClient(createWorker);
  readonly #conversation = new Conversation();
  readonly #ui: Layout;
  #state: State = 'idle';
  #loaded: (Choice & { readonly info: ModelInfo }) | undefined;
  /** What was asked for last, loaded or not. */
  #wanted: Choice | undefined;
  #loading: AbortController | undefined;
  #generation: Promise<void> = Promise.resolve();
  #seen: IntersectionObserver | undefined;

  constructor() {
    super();
    const branching = new Branching(this.#conversation, () => this.#ui, (change) => this.#settle(change));
    this.#ui = buildLayout(this.attachShadow({ mode: 'open', delegatesFocus: true }), {
      onSend: (text) => void this.#ask(text),
      onStop: () => this.stop(),
      onClear: () => this.clear(),
      onContinue: () => this.#continue(),
      onRetry: () => this.#retry(),
      onUndo: () => branching.undo(),
      onStep: (exchange, by) => branching.step(exchange, by),
      onEdit: (exchange) => branching.edit(exchange),
      onBranch: (exchange) => branching.branch(exchange),
      onCancelLoad: () => this.#loading?.abort(),
      onPick: (source, quantize) => void this.#tryLoad({ source, quantize }),
      onDrop: (transfer) => void this.#drop(transfer),
      onMissing: (error, again) => this.#ui.showNotice(missingScript(error, again)),
      lastText: () => this.#conversation.lastText,
    });
  }

  get model(): string {
    return this.getAttribute('model') ?? '';
  }
  set model(model: string) {
    this.setAttribute('model', model);
  }

  get quantize(): Quantization {
    return readQuantization(this.getAttribute('quantize'));
  }
  set quantize(quantize: Quantization) {
    this.setAttribute('quantize', quantize);
  }

  get kvCache(): KvFormat | undefined {
    return readKvCache(this.getAttribute('kv-cache'));
  }
  set kvCache(kvCache: KvFormat) {
    this.setAttribute('kv-cache', kvCache);
  }

  get theme(): string {
    return this.getAttribute('theme') ?? '';
  }
  set theme(theme: string) {
    this.setAttribute('theme', theme);
  }

  /** Loads a model in place of the present one; fails with what went wrong, after showing it. */
  load(source: ModelSource = readSource(this.getAttribute('model')), quantize: Quantization = this.quantize): Promise<void> {
    return this.#load({ source, quantize });
  }

  /** Sends a message, or the beginning of a story, and ends when the answer does. Stops what is being generated. */
  async send(text: string): Promise<void> {
    if (!this.#loaded) throw new Error('No model is loaded: await load() or the event sluice-ready first.');
    this.stop();
    await this.#generation;
    await this.#ask(text);
  }

  /** Stops what is being generated; the text so far stays. */
  stop(): void {
    this.#engine.stop();
  }

  /** Empties the conversation; the visitor can undo it for a few seconds. */
  clear(): void {
    this.#settle(() => {
      const { last } = this.#conversation;
      const bringBack = this.#conversation.clear();
      this.#ui.showNotice(undefined);
      this.#ui.stats.reset(this.#loaded?.info.contextLength ?? 0);
      if (this.#loaded) void this.#showMemory();
      if (!last) return;
      this.#ui.announcer.say('Conversation cleared.');
      this.#ui.composer.focus();
      this.#ui.toast.show('Conversation cleared', 'Undo', () => this.#settle(bringBack), UNDO_MS, () => {
        if (this.#loaded) void this.#unlessGone(this.#engine.forget());
      });
    });
  }

  /** Stops what is being generated, makes a change to the conversation, and shows it. */
  #settle(change: () => void): void {
    this.stop();
    void this.#generation.then(() => {
      change();
      this.#show();
    });
  }


  connectedCallback(): void {
    this.ownerDocument.addEventListener('keydown', this.#onKey);
    if (this.#seen || this.#loaded) return;
    this.#seen = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      this.#seen?.disconnect();
      void this.#arrive();
    });
    this.#seen.observe(this);
  }

  disconnectedCallback(): void {
    // Moving the element within a page also disconnects it, for a moment.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.ownerDocument.removeEventListener('keydown', this.#onKey);
      this.#seen?.disconnect();
      this.#seen = this.#loaded = this.#loading = undefined;
      this.#engine.dispose();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === 'placeholder') this.#show();
    else if (this.#state !== 'idle' && this.#state !== 'unsupported') void this.#tryLoad(this.#ownChoice());
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && this.#state === 'generating' && !this.#ui.dialogOpen) this.stop();
  };

  async #arrive(): Promise<void> {
    const problem = await findWebGpuProblem();
    if (problem) {
      this.#become('unsupported');
      this.#ui.showNotice(await unsupported(problem, () => void this.#arrive()));
      return;
    }
    // A page that called load() by now has chosen already.
    if (this.#loading) return;
    const choice = this.#ownChoice();
    const autostart = this.getAttribute('autostart') ?? (isDefault(choice.source) ? '' : 'off');
    if (autostart !== 'off') return this.#tryLoad(choice);
    this.#become('idle');
    const start: NoticeAction = { label: 'Load the model', primary: true, run: () => void this.#tryLoad(choice) };
    this.#ui.showNotice(remark(formatSource(choice.source), 'The model is downloaded once it is asked for, and runs on this device: nothing you write leaves it.', [start]));
  }

  #ownChoice(): Choice {
    return { source: readSource(this.getAttribute('model')), quantize: this.quantize };
  }

  /** For what is begun from the page's own buttons: a failure has been shown and told already. */
  #tryLoad(choice: Choice): Promise<void> {
    return this.#load(choice).catch(() => {});
  }

  async #load(choice: Choice): Promise<void> {
    const previous = this.#loaded;
    this.#loading?.abort();
    this.stop();
    const controller = new AbortController();
    this.#loading = controller;
    this.#loaded = undefined;
    this.#wanted = choice;
    this.#become('loading');
    this.#ui.showNotice(undefined);
    this.#ui.stats.reset(0);
    this.#ui.progress.begin(formatSource(choice.source));
    this.#ui.announcer.say(`Loading ${formatSource(choice.source)}.`);
    try {
      const { kvCache } = this;
      const info = await this.#engine.load(choice.source, { quantize: choice.quantize, ...(kvCache && { kvCache }) }, (progress) => {
        if (this.#loading !== controller) return;
        this.#ui.progress.show(progress);
        this.#tell('sluice-progress', progress);
      }, controller.signal);
      if (this.#loading !== controller) throw new DOMException('Another model was asked for.', 'AbortError');
      this.#loaded = { ...choice, info };
    } catch (error) {
      // Another load has taken over the page.
      if (this.#loading === controller) this.#loadFailed(error, choice, previous);
      throw error;
    }
    this.#ui.progress.end();
    this.#greet(this.#loaded);
  }

  #greet({ source, info }: Choice & { readonly info: ModelInfo }): void {
    this.#conversation.clear();
    this.#conversation.mode = info.hasChatTemplate ? 'chat' : 'story';
    this.#ui.settings.defaults = isDefault(source) ? DEFAULT_MODEL.sampling : {};
    this.#ui.welcome.beginnings = isDefault(source) ? DEFAULT_MODEL.beginnings : undefined;
    this.#ui.stats.reset(info.contextLength);
    this.#become('ready');
    this.#ui.announcer.say(`${formatSource(info.name)} is ready.`);
    this.#tell('sluice-ready', info);
    void this.#showMemory();
    const opening = this.getAttribute('prompt') ?? (isDefault(source) ? DEFAULT_MODEL.prompt : '');
    if (opening) void this.#ask(opening);
  }

  #loadFailed(error: unknown, choice: Choice, previous: Choice | undefined): void {
    this.#ui.progress.end();
    this.#become('idle');
    this.#ui.showNotice(loadFailure(error, choice, previous, this.#ways()));
    if (!isAbort(error)) this.#tell('sluice-error', { error });
  }

  async #ask(text: string): Promise<void> {
    this.#conversation.system = this.getAttribute('system') ?? '';
    const exchange = this.#conversation.ask(text);
    await this.#run(exchange, this.#ui.settings.value);
  }

  #continue(): void {
    const { last } = this.#conversation;
    if (last) void this.#run(last, this.#ui.settings.value);
  }

  #retry(): void {
    const again = this.#conversation.askAgain();
    if (!again) return;
    const settings = this.#ui.settings.value;
    // The default model is greedy unless the visitor says otherwise, and would tell the very same story again.
    void this.#run(again, settings.temperature === 0 && !('temperature' in this.#ui.settings.chosen) ? { ...settings, temperature: 0.8 } : settings);
  }

  #run(exchange: Exchange, options: Settings): Promise<void> {
    this.#generation = this.#generate(exchange, options);
    return this.#generation;
  }

  async #generate(exchange: Exchange, options: Settings): Promise<void> {
    const { stats, announcer, transcript } = this.#ui;
    let usage: Usage | undefined;
    exchange.finish = 'running';
    this.#ui.showNotice(undefined);
    this.#ui.toast.hide();
    this.#become('generating');
    transcript.follow();
    stats.begin();
    announcer.beginStream(visibleAnswer(exchange.answer));
    try {
      const conversation = this.#conversation;
      // What was on its way at a stop is known by then, and here it becomes part of an answer that goes on.
      await this.#engine.idle();
      exchange.answer += exchange.unseen;
      exchange.unseen = '';
      for await (const event of this.#engine.generate(conversation.promptForLast(), options, conversation.turnOf(exchange), (late) => { exchange.unseen += late; })) {
        switch (event.type) {
          case 'text-start':
            stats.started(event.promptTokens);
            break;
          case 'text-delta':
            exchange.answer += event.text;
            stats.count(event.tokenIds.length);
            transcript.render(this.#conversation);
            announcer.stream(visibleAnswer(exchange.answer));
            this.#tell('sluice-token', { text: event.text, tokenIds: event.tokenIds });
            break;
          case 'text-end':
            exchange.finish = event.finishReason;
            usage = event.usage;
            break;
          default:
            event satisfies never;
        }
      }
    } catch (error) {
      exchange.finish = isAbort(error) ? 'stopped' : 'failed';
      if (!isAbort(error)) this.#generateFailed(error, exchange);
    }
    stats.end(usage);
    announcer.endStream();
    if (exchange.finish === 'stopped') announcer.say('Stopped.');
    // A load may have begun meanwhile, and has the page now.
    if (this.#state === 'generating') this.#become(this.#loaded ? 'ready' : 'idle');
    else this.#show();
    if (this.#loaded) void this.#showMemory();
    if (usage && this.#isFull(usage)) this.#ui.showNotice(fullRemark(this.#conversation.mode, () => this.clear()));
    this.#tell('sluice-finish', { text: exchange.answer, finishReason: exchange.finish, usage });
  }

  #generateFailed(error: unknown, exchange: Exchange): void {
    const choice = this.#loaded ?? this.#ownChoice();
    if (endsModel(error)) this.#loaded = undefined;
    this.#ui.showNotice(textFailure(error, choice, this.#ways(exchange.prompt)));
    this.#tell('sluice-error', { error });
  }

  /** Ways out of a failure; `unsent` goes back into the text field where the conversation has to begin anew. */
  #ways(unsent = ''): Ways {
    return {
      load: (choice) => void this.#tryLoad(choice),
      choose: () => this.#ui.open('picker'),
      retry: () => this.#retry(),
      startAnew: () => {
        this.clear();
        this.#ui.composer.fill(unsent);
      },
      openSettings: () => this.#ui.open('settings'),
    };
  }

  #isFull(usage: Usage): boolean {
    return this.#loaded !== undefined && usage.promptTokens + usage.completionTokens >= this.#loaded.info.contextLength;
  }

  async #showMemory(): Promise<void> {
    await this.#unlessGone(this.#engine.memory().then(({ memory }) => this.#ui.stats.memory(memory)));
  }

  /** A crash is told by the load or generation that it ends; here only a trifle is missing. */
  async #unlessGone(asked: Promise<void>): Promise<void> {
    try {
      await asked;
    } catch (error) {
      if (!(error instanceof EngineError) && !isAbort(error)) throw error;
    }
  }

  async #drop(transfer: DataTransfer): Promise<void> {
    const files = await droppedFiles(transfer);
    if (files.some(({ name }) => name === 'config.json')) return this.#tryLoad({ source: files, quantize: this.#ui.quantize });
    this.#ui.showNotice(errorNotice('That is no model folder', 'A model folder holds config.json, a tokenizer and the weights as safetensors.', '', []));
  }

  #become(state: State): void {
    this.#state = state;
    this.#show();
  }

  #show(): void {
    const name = formatSource(this.#loaded?.info.name ?? (this.#wanted ?? this.#ownChoice()).source);
    this.#ui.show({ state: this.#state, conversation: this.#conversation, loaded: this.#loaded !== undefined, name, placeholder: this.getAttribute('placeholder') });
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}
