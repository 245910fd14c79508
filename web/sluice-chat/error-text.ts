import type { ContextFullError, DisposedError, SessionBusyError } from '../../engine/errors/generate-errors.ts';
import type { DeviceLostError, GpuOutOfMemoryError, GpuValidationError, WebGpuUnavailableError } from '../../engine/errors/gpu-errors.ts';
import type { InvalidLogitsError } from '../../engine/errors/invalid-logits-error.ts';
import type { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import type { ModuleLoadError } from '../../engine/errors/module-load-error.ts';
import type { AccessError } from '../../models/errors/access-error.ts';
import type { ChatTemplateError } from '../../models/errors/chat-template-error.ts';
import type { CheckpointError } from '../../models/errors/checkpoint-error.ts';
import type { ConfigError } from '../../models/errors/config-error.ts';
import type { DownloadError } from '../../models/errors/download-error.ts';
import type { FileReadError } from '../../models/errors/file-read-error.ts';
import type { PromptError } from '../../models/errors/prompt-error.ts';
import type { SourceError } from '../../models/errors/source-error.ts';
import type { StateError } from '../../models/errors/state-error.ts';
import type { StorageError } from '../../models/errors/storage-error.ts';
import type { TokenizerError } from '../../models/errors/tokenizer-error.ts';
import type { UnsupportedQuantizationError } from '../../models/errors/unsupported-quantization-error.ts';
import type { UnsupportedModelError } from '../../models/errors/unsupported-model-error.ts';
import type { UnpackableWeightError } from '../../models/quant/unpackable-weight-error.ts';
import { formatSource } from './format.ts';

/** Every stable code that can reach the page. A code without a text does not compile. */
export type ErrorCode = (
  | ContextFullError | DisposedError | SessionBusyError | PromptError | InvalidLogitsError | InvalidOptionError | ModuleLoadError
  | DeviceLostError | GpuOutOfMemoryError | GpuValidationError | WebGpuUnavailableError
  | StateError | StorageError | AccessError | DownloadError | SourceError | FileReadError
  | CheckpointError | ChatTemplateError | ConfigError | TokenizerError | UnsupportedModelError | UnsupportedQuantizationError | UnpackableWeightError
)['code'] | 'worker-crash';

/** What the button beside the explanation does first. */
export type Remedy = 'retry' | 'reload' | 'new-conversation' | 'settings' | 'choose';

export interface PlainError {
  readonly title: string;
  readonly advice: string;
  readonly remedy: Remedy;
}

const plain = (title: string, advice: string, remedy: Remedy): PlainError => ({ title, advice, remedy });

/** The visitor cannot mend a file; only its owner, or another download, can. */
const REPLACE = 'If these are your own files, download them again; otherwise choose another model.';

const damagedHeader = plain('A weights file contradicts itself', `The list of weights at its beginning does not match what follows. ${REPLACE}`, 'choose');
const unreadableText = plain('One of the model’s text files is damaged', `It should hold JSON, but it does not. ${REPLACE}`, 'choose');
const otherWeights = plain('The weights do not belong to this model', `They are incomplete, or made for another architecture than config.json says. ${REPLACE}`, 'choose');
const otherFile = plain('The file is not what its name says', `Its name ends as those of models do, but it holds something else. ${REPLACE}`, 'choose');
const oldFile = plain('The file is of a kind that is not supported', 'Choose a newer file of this model.', 'choose');
const badConfig = plain('The model’s description does not add up', `config.json lacks a value or holds one that is not possible. ${REPLACE}`, 'choose');

export const EXPLANATIONS: Readonly<Record<ErrorCode, PlainError>> = {
  'worker-crash': plain('The engine stopped unexpectedly', 'The browser ended it, most often because memory ran out. Load the model again, or choose a smaller one.', 'reload'),

  'module-load': plain('A part of Sluice did not come', 'Check the connection and try again. If this page is yours: the folder “sluice” has to lie beside sluice.js.', 'retry'),

  'gpu/unavailable': plain('No usable graphics card was found', 'Turn on hardware acceleration in the browser’s settings, restart the browser, and try again.', 'retry'),
  'gpu/device-lost': plain('The connection to the graphics card was lost', 'The driver restarted or the computer slept. Load the model again.', 'reload'),
  'gpu/out-of-memory': plain('The model does not fit into the GPU’s memory', 'Choose a stronger compression, such as 4-bit, or a smaller model, and close other pages that use the GPU.', 'choose'),
  'gpu/validation': plain('The graphics driver refused a step', 'This is a fault of ours or of the driver. Update browser and driver, then load the model again.', 'reload'),

  'generate/context-full': plain('The conversation has filled the model’s memory', 'Start a new conversation to go on; what you wrote is kept.', 'new-conversation'),
  state: plain('The saved conversation does not fit', 'It is of another model, or damaged. Start a new one.', 'new-conversation'),
  storage: plain('The browser could not keep this', 'Free some of its storage for this site, then try again.', 'retry'),
  'generate/session-busy': plain('The model is still busy with the last text', 'Wait a moment, then try again.', 'retry'),
  'generate/disposed': plain('The model has been unloaded', 'Load it again to go on.', 'reload'),
  'generate/prompt': plain('The model cannot read this message', 'Write something else: the message may be empty, or of a kind that this model was not made for.', 'new-conversation'),
  'invalid-logits': plain('The model’s arithmetic failed', 'Its weights may be damaged, or too coarse in this compression. Load it again, with another “size in memory” if that does not help.', 'reload'),
  'invalid-option': plain('A setting has a value that is not possible', 'Open the settings and correct it, or reset them.', 'settings'),

  'download/interrupted': plain('The download broke off', 'Check the connection and try again.', 'retry'),
  'download/status': plain('The server could not deliver the model', 'It may be overloaded. Try again in a few minutes.', 'retry'),
  'download/range': plain('The server sent the wrong part of a file', 'Something between here and the server changes its answers. Try again, or choose another model.', 'retry'),
  'download/changed': plain('The model was replaced while it was loading', 'Load it again to get the new version.', 'retry'),
  'download/size-unknown': plain('The server does not say how large the model is', 'It cannot be loaded from there. Choose another address, or download the files and open the folder.', 'choose'),

  'source/invalid': plain('That is not the name of a model', 'A name on the Hub looks like “organisation/name”; an address begins with https:// and leads to a folder or to a .gguf file.', 'choose'),
  'source/not-found': plain('There is no such model on the Hub', 'Check the spelling of “organisation/name”, and of the revision if you gave one.', 'choose'),
  'source/access-denied': plain('The model is not open to everyone', 'Its owner asks for a licence to be accepted or a sign-in. Choose another model, or download the files and open the folder.', 'choose'),
  'file/unreadable': plain('A file can no longer be read', 'It was changed, moved or unplugged since you chose it. Open the folder again.', 'choose'),

  'load/unsupported-model': plain('This kind of model is not supported yet', 'Choose one of the suggestions, or another model of a supported architecture.', 'choose'),
  'load/unsupported-quantization': plain('The model is compressed in a way that is not supported yet', 'Choose the uncompressed version of it (bf16, f16 or f32), and a “size in memory” here.', 'choose'),
  'unpackable-weight': plain('A weight cannot be stored in this compression', 'Choose another “size in memory”; if it fails with the original too, the file is damaged.', 'choose'),
  config: badConfig,
  tokenizer: plain('The model’s vocabulary cannot be used', 'tokenizer.json is damaged or asks for something that is not supported. Choose another model.', 'choose'),
  'chat-template': plain('The model’s chat template refused the conversation', 'Start a new conversation. If that does not help, choose another model.', 'new-conversation'),

  'checkpoint/missing-file': plain('The model was not found', 'A file that every model needs is not there. Check the spelling: the address must lead to the folder that holds config.json, or to a .gguf file itself.', 'choose'),
  'checkpoint/git-lfs-pointer': plain('The weights are only a placeholder', 'The folder was cloned without its large files. Fetch them with “git lfs pull” and open it again.', 'choose'),
  'checkpoint/not-safetensors': plain('The weights are in another format', 'Only safetensors and GGUF files can be loaded. Choose a model that offers them.', 'choose'),
  'checkpoint/truncated': plain('A weights file ends too early', `Part of it is missing, as after a download that broke off. ${REPLACE}`, 'choose'),
  'checkpoint/json': unreadableText,
  'checkpoint/text-encoding': unreadableText,
  'checkpoint/config': badConfig,
  'checkpoint/index': plain('The list of the weights files is damaged', `model.safetensors.index.json names files or weights that cannot be. ${REPLACE}`, 'choose'),
  'checkpoint/header': damagedHeader,
  'checkpoint/duplicate-tensor': damagedHeader,
  'checkpoint/tensor-entry': damagedHeader,
  'checkpoint/tensor-range': damagedHeader,
  'checkpoint/tensor-size': damagedHeader,
  'checkpoint/tensor-overlap': damagedHeader,
  'checkpoint/tensor-hole': damagedHeader,
  'checkpoint/not-gguf': otherFile,
  'checkpoint/gguf-version': oldFile,
  'checkpoint/gguf-split': plain('The parts of the model do not fit together', `They belong to different models, or were renamed. ${REPLACE}`, 'choose'),
  'checkpoint/not-rwkv': otherFile,
  'checkpoint/rwkv-version': oldFile,
  'checkpoint/missing-tensor': otherWeights,
  'checkpoint/tensor-shape': otherWeights,
  'checkpoint/unexpected-tensor': otherWeights,
  'checkpoint/tensor-values': plain('The compressed weights are damaged', `Numbers among them do not mean anything. ${REPLACE}`, 'choose'),
  'checkpoint/unsupported-dtype': plain('The weights are numbers of an unknown kind', 'Choose a version of this model in bf16, f16 or f32.', 'choose'),
};

function isKnown(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(EXPLANATIONS, code);
}

/** Says in plain words what went wrong and what to do; the error's own words are shown as details. */
export function explainError(error: Error & { readonly code?: unknown }, doing: 'load' | 'generate', source?: unknown): PlainError {
  if (isKnown(error.code)) return EXPLANATIONS[error.code];
  return doing === 'load'
    ? plain(`${formatSource(source)} could not be loaded`, 'Try again, or choose another model.', 'retry')
    : plain('The text could not be finished', 'Try again. If it happens once more, load the model anew.', 'retry');
}
