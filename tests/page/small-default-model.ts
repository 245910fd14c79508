// Takes the place of web/default-model.ts in the pages of the tests: a model of 1 MB, greedy, whose text is known.
const script = import.meta.url;

export const DEFAULT_MODEL = {
  name: 'stories260K',
  about: 'Tells children’s stories; comes with this page',
  size: '1 MB',
  url: new URL('./models/stories260K/', script).href,
  sampling: { temperature: 0, maxTokens: 120 },
  prompt: 'Once upon a time',
  beginnings: undefined,
} as const;
