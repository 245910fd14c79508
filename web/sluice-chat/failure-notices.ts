import { importModule } from '../../engine/modules/import-module.ts';
import { isAbort } from '../worker/wire-error.ts';
import type { Mode } from './conversation.ts';
import { explainError } from './error-text.ts';
import { formatSource } from './format.ts';
import { errorNotice, remark, type NoticeAction } from './notice.ts';
import type { Choice } from './source.ts';
import type { WebGpuProblem } from './webgpu-check.ts';

/** What the element can do about a failure. */
export interface Ways {
  readonly load: (choice: Choice) => void;
  readonly choose: () => void;
  readonly retry: () => void;
  readonly startAnew: () => void;
  readonly openSettings: () => void;
}

/** Explains why `choice` was not loaded; `previous` is the model that it was to replace. */
export function loadFailure(error: unknown, choice: Choice, previous: Choice | undefined, { load, choose }: Ways): HTMLElement {
  const again: NoticeAction = { label: 'Try again', run: () => load(choice) };
  const other: NoticeAction = { label: 'Choose another', run: choose };
  const back: NoticeAction[] = previous && previous.source !== choice.source ? [{ label: `Back to ${formatSource(previous.source)}`, run: () => load(previous) }] : [];
  if (isAbort(error)) return remark('Loading was stopped', 'Nothing of it was kept.', [{ ...again, label: 'Load it after all', primary: true }, ...back, other]);
  const { title, advice, remedy } = explainError(asError(error), 'load', choice.source);
  // Where trying again cannot help, the way forward is another model.
  const actions = remedy === 'choose' ? [{ ...other, primary: true }, ...back, again] : [{ ...again, primary: true }, ...back, other];
  return errorNotice(title, advice, asError(error).message, actions);
}

/** Explains why a text ended; `choice` is the model that wrote it. */
export function textFailure(error: unknown, choice: Choice, ways: Ways): HTMLElement {
  const { title, advice, remedy } = explainError(asError(error), 'generate');
  return errorNotice(title, advice, asError(error).message, [{ ...wayOut(), primary: true }]);

  function wayOut(): NoticeAction {
    switch (remedy) {
      case 'reload':
        return { label: 'Load the model again', run: () => ways.load(choice) };
      case 'new-conversation':
        return { label: 'Start a new conversation', run: ways.startAnew };
      case 'settings':
        return { label: 'Open the settings', run: ways.openSettings };
      case 'choose':
        return { label: 'Choose a model', run: ways.choose };
      case 'retry':
        return { label: 'Try again', run: ways.retry };
      default:
        return remedy satisfies never;
    }
  }
}

/** A part of the element did not come. */
export function missingScript(error: unknown, again: () => void): HTMLElement {
  const { title, advice } = explainError(asError(error), 'load');
  return errorNotice(title, advice, asError(error).message, [{ label: 'Try again', primary: true, run: again }]);
}

/** Why nothing runs here, and what to do. */
export function unsupported(problem: WebGpuProblem, again: () => void): Promise<HTMLElement> {
  return importModule(() => import('./unsupported.ts')).then(({ unsupportedNotice }) => unsupportedNotice(problem, again), (error: unknown) => missingScript(error, again));
}

/** Whether the model behind a failed text is gone, so that it must be loaded again before anything else. */
export function endsModel(error: unknown): boolean {
  return explainError(asError(error), 'generate').remedy === 'reload';
}

/** No token more fits: not a failure, but the end of this text. */
export function fullRemark(mode: Mode, clear: () => void): HTMLElement {
  return mode === 'story'
    ? remark('The story is as long as this model can hold', 'Write the beginning of another one.', [{ label: 'Start a new story', primary: true, run: clear }])
    : remark('The conversation has filled the model’s memory', 'Start a new conversation to go on.', [{ label: 'Start a new conversation', primary: true, run: clear }]);
}

function asError(error: unknown): Error & { readonly code?: unknown } {
  return error instanceof Error ? error : new Error(String(error));
}
