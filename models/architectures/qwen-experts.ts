import type { ConfigReader } from '../config/config-reader.ts';
import { FUSED, SEPARATE } from './expert-layouts.ts';
import { expertCounts, experts, type Experts } from './experts.ts';

/** The experts of Qwen3-Next and Qwen3.5: a softmax over all, and a shared expert with a gate of its own. `renormalised`: weights add up to 1; the others stand in for missing keys. */
export function qwenExperts(c: ConfigReader, { renormalised, ...defaults }: { readonly renormalised: boolean; readonly count: number; readonly perToken: number }): Experts {
  return experts({
    // transformers 5 saves some under the second name.
    ...expertCounts(c, c.has('num_experts') ? 'num_experts' : 'num_local_experts', defaults),
    intermediateSize: c.integer('moe_intermediate_size', { min: 1, default: 512 }),
    scoring: { kind: 'softmax', renormalised },
    activation: { kind: 'silu' },
    router: 'gate',
    bias: false,
    layouts: [SEPARATE, FUSED],
    shared: { name: 'shared_expert', outputGate: 'shared_expert_gate', intermediateSize: c.integer('shared_expert_intermediate_size', { min: 1, default: 512 }), activation: 'silu' },
  });
}
