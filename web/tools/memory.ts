import { hostBytes } from '../memory/host-memory.ts';
import { Measurement, type Sample } from '../memory/measurement.ts';
import { loadRandomModel } from '../memory/random-model.ts';
import { toWire, type WireError } from '../worker/wire-error.ts';

export interface MemoryInput {
  /** Key of `shapes`. */
  readonly shape: string;
  readonly tokens: number;
  /** How many samples are taken. */
  readonly samples: number;
}

/** Bytes that page and engine take of the computer's memory after the first sample and after the last, where the browser tells. */
export interface MemoryResult {
  readonly hostBefore: number | undefined;
  readonly hostAfter: number | undefined;
}

/** State and speed over a long text of a shape with random weights, the engine in this page. */
export async function measureMemory({ shape, tokens, samples }: MemoryInput, emit: (sample: Sample) => Promise<void>): Promise<MemoryResult | { error: WireError }> {
  try {
    const model = await loadRandomModel(shape, { contextLength: tokens + 1 });
    const session = model.createSession();
    const window = Math.max(1, Math.floor(tokens / samples));
    const measurement = new Measurement({
      generate: (prompt, options) => session.generate(prompt, options),
      state: () => Promise.resolve({ allocated: model.memory.state, used: session.memory.fixed + session.memory.growing }),
    }, tokens, window);
    await measurement.run((sample) => void emit(sample), window + 1);
    const hostBefore = await hostBytes();
    await measurement.run((sample) => void emit(sample));
    return { hostBefore, hostAfter: await hostBytes() };
  } catch (error) {
    return { error: toWire(error) };
  }
}
