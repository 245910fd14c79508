/** Contents of the `sampler` uniform (`settings.wgsl`). */
export interface SamplingSettings {
  /** 0 takes the likeliest token. */
  readonly temperature: number;
  /** 0 keeps all. */
  readonly topK: number;
  /** 1 keeps all. */
  readonly topP: number;
  /** 0 keeps all. */
  readonly minP: number;
  /** 1 is off. */
  readonly repetitionPenalty: number;
  /** 0 is off, and so for the next. */
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** u32 */
  readonly seed: number;
}

/** The 32 bytes of the `sampler` uniform. */
export function packSettings(settings: SamplingSettings): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(8);
  const floats = new Float32Array(words.buffer);
  floats[0] = settings.temperature;
  words[1] = settings.topK;
  floats[2] = settings.topP;
  // A finite stand-in for ln 0: the variants that read it have minP > 0.
  floats[3] = settings.minP > 0 ? Math.log(settings.minP) : -1e30;
  floats[4] = settings.repetitionPenalty;
  floats[5] = settings.presencePenalty;
  floats[6] = settings.frequencyPenalty;
  words[7] = settings.seed;
  return words;
}
