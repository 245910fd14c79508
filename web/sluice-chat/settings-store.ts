import type { WireGenerateOptions } from '../worker/protocol.ts';

/** The sampling settings that can be changed; one that is absent is left to the model. */
export type Settings = Omit<WireGenerateOptions, 'stop' | 'stopTokens'> & { readonly stop?: readonly string[] };

export type NumberSetting = Exclude<keyof Settings, 'stop'>;

/** The smallest and the largest value of each. */
export const LIMITS: Readonly<Record<NumberSetting, readonly [min: number, max: number]>> = {
  temperature: [0, 5],
  topP: [0.01, 1],
  topK: [0, 100000],
  minP: [0, 1],
  repetitionPenalty: [0.1, 5],
  presencePenalty: [-2, 2],
  frequencyPenalty: [-2, 2],
  maxTokens: [1, 1000000],
  seed: [0, 4294967295],
};

const isNumberSetting = (key: string): key is NumberSetting => Object.hasOwn(LIMITS, key);

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
  for (const [key, number] of stored) {
    if (isNumberSetting(key) && typeof number === 'number' && number >= LIMITS[key][0] && number <= LIMITS[key][1]) settings[key] = number;
  }
  const stop = stored.get('stop');
  if (Array.isArray(stop)) {
    const strings = stop.filter((text): text is string => typeof text === 'string' && text !== '');
    if (strings.length > 0) settings.stop = strings;
  }
  return settings;
}
