import stepSource from '../common/step.wgsl?raw';
import { assemble, bool, ceilDiv, u32, type Binding, type Kernel } from '../kernel.ts';
import adjustSource from './adjust.wgsl?raw';
import bestSource from './best.wgsl?raw';
import candidatesAtomicSource from './candidates-atomic.wgsl?raw';
import candidatesSource from './candidates.wgsl?raw';
import emitSource from './emit.wgsl?raw';
import firstReachingSource from './first-reaching.wgsl?raw';
import gatherSource from './gather.wgsl?raw';
import gumbelSource from './gumbel.wgsl?raw';
import histogramSource from './histogram.wgsl?raw';
import partialSource from './partial.wgsl?raw';
import pickSource from './pick.wgsl?raw';
import scaleSource from './scale.wgsl?raw';
import scoreSource from './score.wgsl?raw';
import selectSource from './select.wgsl?raw';
import settingsSource from './settings.wgsl?raw';
import sumSource from './sum.wgsl?raw';
import totalSource from './total.wgsl?raw';
import weightSource from './weight.wgsl?raw';

/** Elements of the `sampled` ring: the token at position p of its sequence is also in `sampled[p % SAMPLED_RING]`. */
export const SAMPLED_RING = 16;
/**
 * What is sampled where there is nothing to sample: a logit is NaN or +∞, or every logit is −∞. A single −∞ only masks its
 * token. No vocabulary reaches it.
 */
export const NO_TOKEN = 0xffffffff;

const WORKGROUP = 256;
/** vec4 that an invocation reads. */
const VECTORS = 2;
const BLOCK = WORKGROUP * VECTORS * 4;
const BUCKETS = WORKGROUP;
/** Bound of the fixed-point sums in weight.wgsl. */
export const MAX_VOCABULARY = 2 ** 19;

/** What a step of a conversation does besides taking the likeliest token. */
export interface SamplingVariant {
  /** Tokens, at most 524,288. */
  readonly vocabulary: number;
  /** Repetition, presence or frequency penalty; also counts what was picked. */
  readonly penalties: boolean;
  /** Draws from softmax(logits / temperature); false takes the likeliest token. */
  readonly random: boolean;
  /** Filters, in this order and only with `random`; each works on what the one before leaves. */
  readonly topK: boolean;
  readonly topP: boolean;
  readonly minP: boolean;
}

const read = (name: string): Binding => ({ name, type: 'read' });
const write = (name: string): Binding => ({ name, type: 'write' });
const SAMPLER: Binding = { name: 'sampler', type: 'uniform' };
const STEP: Binding = { name: 'step', type: 'uniform' };

function flags({ penalties, random, topK, topP, minP }: SamplingVariant): string {
  const all = { penalties, random, topK, topP, minP };
  return Object.entries(all).flatMap(([name, on]) => (on ? [name] : [])).join('+') || 'greedy';
}

function kernel(name: string, variant: SamplingVariant, bindings: readonly Binding[], groups: number, sources: readonly string[], source: string): Kernel {
  const { vocabulary, penalties, random, topK, topP, minP } = variant;
  return {
    label: `sampling-${name}/${vocabulary}/${flags(variant)}`,
    features: [],
    code: assemble({
      constants: {
        VOCABULARY: u32(vocabulary),
        BLOCKS: u32(ceilDiv(vocabulary, BLOCK)),
        BUCKETS: u32(BUCKETS),
        WORKGROUP: u32(WORKGROUP),
        VECTORS: u32(VECTORS),
        RING: u32(SAMPLED_RING),
        PENALTIES: bool(penalties),
        RANDOM: bool(random),
        TOP_K: bool(topK),
        TOP_P: bool(topP),
        MIN_P: bool(minP),
      },
      snippets: sources,
      source,
    }),
    bindings,
    workgroups: () => [groups, 1, 1],
  };
}

/**
 * The kernels of one sampling step, in order: two without filters (one pass over the vocabulary), three with min-p alone,
 * four with top-k or top-p (three passes). Bindings: `logits` f32 [vocabulary] padded to a multiple of four (the padding is
 * not looked at; filters overwrite the logits with logits / temperature), `counts` u32 [vocabulary] (bit 31: in the prompt;
 * the rest: times generated), `sampler` (settings.wgsl, 32 bytes), `step`, `tokens` u32 [≥ 1], `sampled` u32 [SAMPLED_RING]
 * and the scratch of `samplingScratch`. `tokens[0]` and the ring receive the token at position `step.position + step.count`.
 *
 * Ties: the lowest id among equal maxima; all tokens that tie at the border of top-k or top-p stay (for top-k as in Hugging
 * Face's TopKLogitsWarper). Finite logits beyond ±1e30 count as ±1e30.
 */
export function sampling(variant: SamplingVariant): Kernel[] {
  if (variant.vocabulary > MAX_VOCABULARY) throw new RangeError(`sampling handles up to ${MAX_VOCABULARY} tokens, not ${variant.vocabulary}`);
  const blocks = ceilDiv(variant.vocabulary, BLOCK);
  const { random, topK, topP, minP } = variant;
  const best = [bestSource, partialSource];
  const adjust = [...best, settingsSource, adjustSource];
  const emit = [...best, stepSource, emitSource];
  if (!random || !(topK || topP || minP)) {
    return [
      kernel('score', variant, [SAMPLER, STEP, read('logits'), read('counts'), write('partials')], blocks, [...adjust, stepSource, gumbelSource], scoreSource),
      kernel('pick', variant, [STEP, read('partials'), write('counts'), write('tokens'), write('sampled')], 1, emit, pickSource),
    ];
  }
  const total = [sumSource, totalSource, weightSource];
  return [
    kernel('scale', variant, [SAMPLER, write('logits'), read('counts'), write('partials'), write('histogram'), write('candidates')], blocks, [...adjust, sumSource, candidatesSource], scaleSource),
    ...(topK || topP ? [kernel('histogram', variant, [read('logits'), read('partials'), write('histogram')], blocks, [...best, ...total], histogramSource)] : []),
    kernel('gather', variant, [SAMPLER, read('logits'), read('partials'), read('histogram'), write('candidates')], blocks, [...best, settingsSource, ...total, firstReachingSource, candidatesAtomicSource], gatherSource),
    kernel(
      'select',
      variant,
      [SAMPLER, STEP, read('partials'), write('candidates'), write('counts'), write('tokens'), write('sampled')],
      1,
      [...emit, settingsSource, ...total, firstReachingSource, candidatesSource, gumbelSource],
      selectSource,
    ),
  ];
}

/** Lengths in u32 of the scratch buffers that `sampling` binds; their contents need not survive a step. */
export function samplingScratch(vocabulary: number): { readonly partials: number; readonly histogram: number; readonly candidates: number } {
  return { partials: 3 * ceilDiv(vocabulary, BLOCK), histogram: 2 * BUCKETS, candidates: 4 + 2 * vocabulary };
}
