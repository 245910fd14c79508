import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { matrix, type Loaded } from '../weights/spec.ts';
import { mlp, mlpWeights } from './mlp.ts';

/** An MLP beside a layer's experts that every token goes through (DeepSeekMoE, arXiv:2401.06066). */
export type SharedExpertsConfig = {
  /** What the checkpoint calls it, beside the router. */
  readonly name: string;
  readonly intermediateSize: number;
} & (
  | {
      readonly activation: 'silu' | 'gelu-tanh';
      /** What the checkpoint calls the projection [1, hidden size] whose sigmoid the MLP's output is multiplied by, where there is one. */
      readonly outputGate?: string;
    }
  /** Without a gate inside either: down(max(up x, 0)²). */
  | { readonly activation: 'relu2' }
);

export function sharedExpertsWeights(prefix: string, hiddenSize: number, c: SharedExpertsConfig) {
  const module = `${prefix}.${c.name}`;
  const plain = c.activation === 'relu2';
  return {
    gated: plain ? undefined : mlpWeights(module, hiddenSize, c.intermediateSize, false),
    outputGate: plain || c.outputGate === undefined ? undefined : matrix(`${prefix}.${c.outputGate}.weight`, 1, hiddenSize, { role: 'dense' }),
    plain: plain ? { up: matrix(`${module}.up_proj.weight`, c.intermediateSize, hiddenSize), down: matrix(`${module}.down_proj.weight`, hiddenSize, c.intermediateSize) } : undefined,
  };
}

/** residual + the MLP's output, times the sigmoid of its gate where it has one. */
export function sharedExperts(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof sharedExpertsWeights>>, { activation }: SharedExpertsConfig): Tensor {
  if (w.plain) return ops.linear(ops.linear(normed, w.plain.up, { activation: 'relu2' }), w.plain.down, { residual });
  if (!w.gated || activation === 'relu2') throw new Error('the weights of shared experts are those of another config');
  return mlp(ops, normed, residual, w.gated, { activation, ...(w.outputGate && { outputGate: ops.linear(normed, w.outputGate) }) });
}
