// A variable, so that bundlers leave the address to the browser: the files lie beside the built script.
const script = import.meta.url;

/**
 * The model that comes with Sluice: stories260K by Andrej Karpathy, 1 MB. Its files are served in `models/stories260K/`
 * beside `sluice.js` (and beside this file in development).
 */
export const DEFAULT_MODEL = {
  name: 'stories260K',
  url: new URL('./models/stories260K/', script).href,
  /** Greedy, so that every visitor is told the same story first. */
  sampling: { temperature: 0, maxTokens: 120 },
  prompt: 'Once upon a time',
} as const;
