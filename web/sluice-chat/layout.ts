import { importModule } from '../../engine/modules/import-module.ts';
import type { ModelSource, Quantization } from '../../models/load/load-options.ts';
import { Actions } from './actions.ts';
import { Announcer } from './announcer.ts';
import { ChosenSettings } from './chosen-settings.ts';
import { Composer } from './composer.ts';
import type { Conversation, Exchange } from './conversation.ts';
import type { Dialogs } from './dialogs.ts';
import { button, h } from './dom.ts';
import { icon } from './icons.ts';
import { LoadProgressView } from './load-progress.ts';
import { StatsBar } from './stats-bar.ts';
import { styles } from './styles.ts';
import { Toast } from './toast.ts';
import { Transcript } from './transcript.ts';
import { versions } from './versions.ts';
import { Welcome } from './welcome.ts';

export interface Handlers {
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
  readonly onClear: () => void;
  readonly onContinue: () => void;
  readonly onRetry: () => void;
  readonly onUndo: () => void;
  readonly onStep: (exchange: Exchange | undefined, by: -1 | 1) => void;
  readonly onEdit: (exchange: Exchange) => void;
  readonly onBranch: (exchange: Exchange) => void;
  readonly onCancelLoad: () => void;
  readonly onPick: (source: ModelSource, quantize: Quantization) => void;
  readonly onDrop: (transfer: DataTransfer) => void;
  /** A dialog's script did not come. */
  readonly onMissing: (error: unknown, again: () => void) => void;
  readonly lastText: () => string;
}

export interface Shown {
  readonly state: 'idle' | 'unsupported' | 'loading' | 'ready' | 'generating';
  readonly conversation: Conversation;
  readonly loaded: boolean;
  readonly name: string;
  readonly placeholder: string | null;
}

export type Layout = ReturnType<typeof buildLayout>;

/** Puts the parts into the shadow root and keeps them in step with the element's state. */
export function buildLayout(root: ShadowRoot, handlers: Handlers) {
  const announcer = new Announcer();
  const actions = new Actions({ onContinue: handlers.onContinue, onRetry: handlers.onRetry, onUndo: handlers.onUndo, text: handlers.lastText, onCopied: (message) => announcer.say(message) });
  const progress = new LoadProgressView(handlers.onCancelLoad);
  const notices = h('div', { class: 'notices' });
  const welcome = new Welcome(handlers.onSend);
  const draft = h('div', { class: 'draft', 'data-part': 'draft' });
  const transcript = new Transcript(handlers, draft, actions.element, welcome.element, progress.element, notices);
  const composer = new Composer(handlers.onSend, handlers.onStop);
  const settings = new ChosenSettings();
  const stats = new StatsBar();
  const toast = new Toast();

  const modelName = h('span', { class: 'model-name' });
  const modelButton = h('button', { type: 'button', class: 'model-button', 'data-part': 'model', click: () => open('picker') }, h('span', { class: 'dot', 'aria-hidden': 'true' }), modelName, icon('chevron'));
  const clear = button('New conversation', icon('compose'), handlers.onClear, { quiet: true, class: 'icon-button' });
  const openSettings = button('Settings', icon('settings'), () => open('settings'), { quiet: true, class: 'icon-button' });
  const shell = h('div', { class: 'shell' },
    h('div', { class: 'bar' }, modelButton, h('span', { class: 'spacer' }), clear, openSettings),
    transcript.element,
    h('div', { class: 'foot' }, toast.element, composer.element, stats.element),
    h('div', { class: 'drop-hint', 'aria-hidden': 'true' }, icon('download'), 'Drop a model folder to load it'),
    announcer.element);
  acceptDrops(shell, handlers.onDrop);
  root.append(h('style', {}, styles), shell);

  let dialogs: Dialogs | undefined;
  function open(which: keyof Dialogs): void {
    importModule(() => import('./dialogs.ts')).then(({ addDialogs }) => {
      dialogs ??= addDialogs(shell, settings, handlers.onPick);
      dialogs[which].open();
    }, (error: unknown) => handlers.onMissing(error, () => open(which)));
  }

  return {
    announcer, transcript, composer, progress, stats, settings, toast, welcome, open,

    get dialogOpen(): boolean {
      return shell.querySelector('dialog[open]') !== null;
    },

    /** How models are stored that are chosen in this page. */
    get quantize(): Quantization {
      return dialogs?.picker.quantize ?? 'int4';
    },

    showNotice(notice: HTMLElement | undefined): void {
      notices.replaceChildren(...(notice ? [notice] : []));
      transcript.reveal(notice);
    },

    show({ state, conversation, loaded, name, placeholder }: Shown): void {
      const { mode, exchanges, last } = conversation;
      const others = state === 'ready' ? conversation.following(last).length : 0;
      shell.dataset['state'] = state;
      shell.toggleAttribute('data-empty', exchanges.length === 0);
      modelName.textContent = name;
      modelButton.setAttribute('aria-label', `Model: ${name}. Choose another`);
      modelButton.disabled = openSettings.disabled = state === 'unsupported';
      clear.hidden = exchanges.length === 0;
      transcript.busy = state === 'generating';
      transcript.render(conversation);
      draft.hidden = others === 0;
      draft.replaceChildren(...(others > 0 ? [versions(others + 1, others + 1, (by) => handlers.onStep(undefined, by)), 'New branch'] : []));
      welcome.show(state === 'ready' && exchanges.length + others === 0 ? mode : undefined);
      actions.show(loaded && state === 'ready' ? conversation : undefined);
      composer.state = state === 'generating' ? 'running' : state === 'ready' ? 'ready' : 'unready';
      composer.placeholder = placeholder ?? (!loaded ? 'No model is loaded yet' : mode === 'chat' ? 'Write a message' : 'Write how a story begins');
    },
  };
}

/** Lets a folder be dropped anywhere on the element. */
function acceptDrops(shell: HTMLElement, onDrop: (transfer: DataTransfer) => void): void {
  const hint = (event: DragEvent, on: boolean): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    shell.toggleAttribute('data-dropping', on);
  };
  shell.addEventListener('dragover', (event) => hint(event, true));
  shell.addEventListener('dragleave', (event) => {
    if (!(event.relatedTarget instanceof Node && shell.contains(event.relatedTarget))) hint(event, false);
  });
  shell.addEventListener('drop', (event) => {
    hint(event, false);
    if (event.dataTransfer?.files.length) onDrop(event.dataTransfer);
  });
}
