import type { WireGenerateOptions } from '../worker/protocol.ts';

/** The sampling settings that can be changed; one that is absent is left to the model. */
export type Settings = Omit<WireGenerateOptions, 'stop' | 'stopTokens'> & { readonly stop?: readonly string[] };

export type NumberSetting = Exclude<keyof Settings, 'stop'>;

/** A number that can be set: its limits, and what it does in plain words. */
export interface Field {
  readonly key: NumberSetting;
  readonly label: string;
  readonly about: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export const FIELDS: readonly Field[] = [
  { key: 'temperature', label: 'Temperature', about: '0 always takes the likeliest word; higher is more daring', min: 0, max: 5, step: 0.05 },
  { key: 'topP', label: 'Top-p', about: 'Only the likeliest words that add up to this share', min: 0.01, max: 1, step: 0.01 },
  { key: 'topK', label: 'Top-k', about: 'Only this many of the likeliest words; 0 is all', min: 0, max: 100000, step: 1 },
  { key: 'minP', label: 'Min-p', about: 'No words less likely than this share of the likeliest', min: 0, max: 1, step: 0.01 },
  { key: 'repetitionPenalty', label: 'Repetition penalty', about: 'Above 1 avoids what has been said', min: 0.1, max: 5, step: 0.05 },
  { key: 'presencePenalty', label: 'Presence penalty', about: 'Avoids words already used', min: -2, max: 2, step: 0.1 },
  { key: 'frequencyPenalty', label: 'Frequency penalty', about: 'Avoids words used often', min: -2, max: 2, step: 0.1 },
  { key: 'maxTokens', label: 'Longest answer', about: 'In tokens, about ¾ of a word each', min: 1, max: 1000000, step: 1 },
  { key: 'seed', label: 'Seed', about: 'The same seed tells the same text again', min: 0, max: 4294967295, step: 1 },
];

const KEY = 'sluice-chat:settings';

/** What was saved and is valid; nothing where the browser blocks storage. */
export function readSettings(): Settings {
  try {
    return parseSettings(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    // Storage is blocked, or holds something that we did not write: the defaults serve.
    return {};
  }
}

export function writeSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Storage is blocked or full: the settings hold until the page is left.
  }
}

/** Keeps of a stored value what is a setting within its limits. */
export function parseSettings(value: unknown): Settings {
  if (typeof value !== 'object' || value === null) return {};
  const stored = new Map<string, unknown>(Object.entries(value));
  const settings: { -readonly [K in keyof Settings]: Settings[K] } = {};
  for (const { key, min, max } of FIELDS) {
    const number = stored.get(key);
    if (typeof number === 'number' && number >= min && number <= max) settings[key] = number;
  }
  const stop = stored.get('stop');
  if (Array.isArray(stop)) {
    const strings = stop.filter((text): text is string => typeof text === 'string' && text !== '');
    if (strings.length > 0) settings.stop = strings;
  }
  return settings;
}
