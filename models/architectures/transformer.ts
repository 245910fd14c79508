import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { Vector } from '../../engine/ops/weight.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import type { ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import type { Experts } from './experts.ts';
import { mlp, mlpScalings, mlpWeights } from './mlp.ts';
import type { Scaling } from './scaling.ts';

/** The pre-norm decoder that Llama, Qwen, SmolLM and gpt-oss share; the families differ in its switches. */
export interface TransformerConfig extends ModelDimensions, AttentionConfig {
  readonly intermediateSize: number;
  readonly mlpBias: boolean;
  readonly tied: boolean;
  readonly rotary: RotaryParameters;
  readonly layers: readonly { readonly rotary: boolean; readonly window?: number; /** In place of the MLP. */ readonly experts?: Experts }[];
}

export function transformerWeights(c: TransformerConfig, context: number, stored: StoredModules) {
  const layer = ({ experts }: TransformerConfig['layers'][number], i: number) => ({
    inputNorm: vector(`model.layers.${i}.input_layernorm.weight`, c.hiddenSize),
    attention: attentionWeights(`model.layers.${i}.self_attn`, c),
    mlpNorm: vector(`model.layers.${i}.post_attention_layernorm.weight`, c.hiddenSize),
    mlp: experts ? undefined : mlpWeights(`model.layers.${i}.mlp`, c.hiddenSize, c.intermediateSize, c.mlpBias),
    experts: experts?.weights(`model.layers.${i}.mlp`, c.hiddenSize, stored),
  });
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: computed('rotary table', rotaryTable(c.rotary, context)),
    layers: c.layers.map(layer),
    norm: vector('model.norm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

export function transformerForward(ops: Ops, w: Loaded<ReturnType<typeof transformerWeights>>, c: TransformerConfig): Tensor {
  let x = ops.embedding(w.embedding);
  w.layers.forEach((layer, i) => {
    const { rotary, window, experts } = c.layers[i];
    const position: { rotaryTable?: Vector; window?: number } = { ...(rotary && { rotaryTable: w.rotaryTable }), ...(window !== undefined && { window }) };
    x = attention(ops, ops.rmsNorm(x, layer.inputNorm, c.eps), x, layer.attention, c, position);
    const normed = ops.rmsNorm(x, layer.mlpNorm, c.eps);
    if (layer.mlp) x = mlp(ops, normed, x, layer.mlp);
    else if (layer.experts && experts) x = experts.forward(ops, normed, x, layer.experts);
  });
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

export function transformerScalings(c: TransformerConfig): Scaling[] {
  return c.layers.flatMap((_, i) => [
    ...attentionScalings(`model.layers.${i}.self_attn`, `model.layers.${i}.input_layernorm.weight`, c),
    ...mlpScalings(`model.layers.${i}.mlp`, `model.layers.${i}.post_attention_layernorm.weight`, c.hiddenSize, c.intermediateSize, c.mlpBias),
  ]);
}

/** The text model's own tensors; a tied head that was saved all the same is not read. */
export function transformerName(name: string, c: { readonly tied: boolean }): string | undefined {
  if (c.tied && name === 'lm_head.weight') return undefined;
  if (name.endsWith('.rotary_emb.inv_freq')) return undefined;
  return name;
}
