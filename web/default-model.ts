// A variable, so that bundlers leave the address to the browser: the files lie beside the built script.
const script = import.meta.url;

/**
 * The model that comes with Sluice: a hybrid of our own (see `training/` and the model card among its files), 15 MB. Its files are
 * served in `models/tales-24m/` beside `sluice.js` (and beside this file in development).
 */
export const DEFAULT_MODEL = {
  name: 'tales-24m',
  about: 'Tells stories and chats a little; comes with this page',
  size: '15 MB',
  url: new URL('./models/tales-24m/', script).href,
  /** What its generation_config.json says serves; a text that finds no end is broken off. */
  sampling: { maxTokens: 400 },
  prompt: 'Tell me a story about a little dog.',
  /** What it can answer, where a model in general would be offered other beginnings. */
  beginnings: ['Tell me a bedtime story', 'Hello! How are you today?', 'Continue this story: Once upon a time, there was a little rabbit who'],
} as const;
