import { formatSource } from './format.ts';

export interface PlainError {
  readonly title: string;
  readonly advice: string;
}

const DOWNLOAD = /network|fetch|http|connection|truncat|timeout|range/;

/** Kinds of failure, told apart by the stable `code` of the engine's errors or, for the platform's, by name and message. */
const KINDS: readonly { readonly match: RegExp; readonly title: string; readonly advice: string }[] = [
  { match: /worker-crash/, title: 'The engine stopped unexpectedly', advice: 'The browser ended it, most often because memory ran out. Load the model again, or choose a smaller one.' },
  { match: /device-lost|lost/, title: 'The connection to the graphics card was lost', advice: 'The driver restarted or the computer slept. Load the model again.' },
  { match: /memory|too-large|allocation/, title: 'The model does not fit into the GPU’s memory', advice: 'Choose a stronger compression or a smaller model, and close other pages that use the GPU.' },
  { match: /context/, title: 'The conversation has filled the model’s memory', advice: 'Start a new conversation to go on.' },
  { match: /webgpu|no-gpu|adapter/, title: 'No usable graphics card was found', advice: 'Turn on hardware acceleration in the browser’s settings and restart it.' },
  { match: /unsupported|architecture|model-type/, title: 'This kind of model is not supported yet', advice: 'Choose one of the suggestions, or another model of a supported architecture.' },
  { match: /not-found|missing-file|\b404\b/, title: 'The model was not found', advice: 'Check the spelling: a Hub id looks like “organisation/name”, and an address must lead to the folder that holds config.json.' },
  { match: /\b40[13]\b|forbidden|unauthori[sz]ed|gated|access-denied/, title: 'The model is not open to everyone', advice: 'Its owner asks for a licence to be accepted or a sign-in. Choose another model, or download the files and open the folder.' },
  { match: DOWNLOAD, title: 'The download did not finish', advice: 'Check the connection and try again.' },
  { match: /tokenizer|template/, title: 'The model’s text rules could not be read', advice: 'Its tokenizer or chat template uses something that is not supported. Choose another model.' },
  { match: /unreadable|config|safetensors|tensor|header|format|magic|shape|dtype|json|syntaxerror/, title: 'The model’s files are damaged or unexpected', advice: 'If you have the files yourself, download them again; otherwise choose another model.' },
];

/** Says in plain words what went wrong and what to do; the error's own words are shown as details. */
export function explainError(error: Error & { readonly code?: unknown }, doing: 'load' | 'generate', source?: unknown): PlainError {
  const code = typeof error.code === 'string' ? error.code : '';
  const text = `${error.name} ${error.message}`.toLowerCase();
  const byCode = KINDS.find(({ match }) => match.test(code.toLowerCase().replaceAll(/[_/]/g, '-')));
  // One code covers every answer of a server; which one it was stands in the message.
  const refined = byCode?.match === DOWNLOAD ? KINDS.find(({ match }) => match.test(/\b40[134]\b/.exec(text)?.[0] ?? '')) : undefined;
  const kind = refined ?? byCode ?? KINDS.find(({ match }) => match.test(text));
  if (kind) return kind;
  return doing === 'load'
    ? { title: `${formatSource(source)} could not be loaded`, advice: 'Try again, or choose another model.' }
    : { title: 'The text could not be finished', advice: 'Try again. If it happens once more, load the model anew.' };
}
