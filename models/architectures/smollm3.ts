import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { denseConfig } from './dense-config.ts';
import { layerCount } from './dimensions.ts';
import { slidingWindows } from './sliding-windows.ts';
import { transformerForward, transformerName, transformerScalings, transformerWeights } from './transformer.ts';

/** Which layers rotate: `no_rope_layers` (1 = rotates, despite its name), else all but every `no_rope_layer_interval`-th. */
function rotatingLayers(c: ConfigReader): boolean[] {
  const layers = layerCount(c);
  const interval = c.integer('no_rope_layer_interval', { min: 1, default: 4 });
  const listed = c.has('no_rope_layers') ? c.integers('no_rope_layers', { max: 1 }) : undefined;
  if (listed && listed.length !== layers) throw c.error('no_rope_layers', `a list of ${layers}, one for each layer`);
  return Array.from({ length: layers }, (_, i) => (listed ? listed[i] === 1 : (i + 1) % interval !== 0));
}

/** SmolLM3: Llama with layers that have no positional encoding (NoPE). */
export const smollm3 = register({
  parse: (c: ConfigReader) => {
    const bias = c.boolean('attention_bias', { default: false });
    return denseConfig(c, {
      projectionBias: bias,
      outputBias: bias,
      mlpBias: c.boolean('mlp_bias', { default: false }),
      windows: slidingWindows(c),
      rotating: rotatingLayers(c),
      tied: true,
    });
  },
  weights: transformerWeights,
  canonicalName: transformerName,
  scalings: transformerScalings,
  forward: transformerForward,
});
