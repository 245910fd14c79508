import { BLOCK } from '../../shaders/dequant/plane.ts';
import type { JsonObject } from '../checkpoint/checkpoint.ts';
import type { CompressedFormat } from './compressed-matrix.ts';

/** Which modules (names without `.weight`) are written how. */
export interface ModuleFormats {
  readonly formats: ReadonlyMap<string, CompressedFormat>;
  /** Linear layers that stay as they are. */
  readonly ignore: readonly string[];
}

/**
 * `quantization_config` of config.json as compressed-tensors and vLLM read it. A group for each format; where there are several, each names its
 * modules, never the class `Linear`: vLLM matches the class before it looks at the parts of a fused layer, which would give q, k and v the format
 * of the others (`find_matched_target` in vllm/model_executor/layers/quantization/compressed_tensors/utils.py).
 */
export function quantizationConfig({ formats, ignore }: ModuleFormats): JsonObject {
  const used = [...new Set(formats.values())].sort();
  const groups = used.map((format, i) => {
    const modules = [...formats].filter(([, its]) => its === format).map(([module]) => module);
    const others = [...formats].filter(([, its]) => its !== format).map(([module]) => module);
    return [`group_${i}`, { targets: used.length === 1 ? ['Linear'] : targetsOf(modules, others), ...SCHEMES[format] }];
  });
  return {
    quant_method: 'compressed-tensors',
    format: used.includes('fp8') ? 'float-quantized' : 'pack-quantized',
    quantization_status: 'compressed',
    config_groups: Object.fromEntries(groups),
    ignore,
    kv_cache_scheme: null,
    global_compression_ratio: null,
  };
}

/** Of a group: the arguments that every version of compressed-tensors knows, since it refuses those that it does not. */
const weights = (bits: number, type: 'int' | 'float', observer: string) => ({
  num_bits: bits,
  type,
  symmetric: true,
  strategy: type === 'int' ? 'group' : 'channel',
  group_size: type === 'int' ? BLOCK : null,
  block_structure: null,
  dynamic: false,
  actorder: null,
  observer,
  observer_kwargs: {},
});

const SCHEMES: Readonly<Record<CompressedFormat, JsonObject>> = {
  int4: { weights: weights(4, 'int', 'mse'), input_activations: null, output_activations: null },
  int8: { weights: weights(8, 'int', 'minmax'), input_activations: null, output_activations: null },
  // FP8_DYNAMIC: who multiplies in fp8 quantises activations by token; who does not, such as this engine, leaves them as they are.
  fp8: {
    weights: weights(8, 'float', 'minmax'),
    input_activations: { num_bits: 8, type: 'float', symmetric: true, strategy: 'token', group_size: null, block_structure: null, dynamic: true, actorder: null, observer: null, observer_kwargs: {} },
    output_activations: null,
  },
};

const LAYER = /^(.*\.layers\.)(\d+)\.(.+)$/;

/**
 * Regular expressions that match all of `modules` and none of `others`: modules of the same place in the same layers share one. Without what
 * comes before `layers`, because not every reader calls that the same.
 */
function targetsOf(modules: readonly string[], others: readonly string[]): string[] {
  const layersOf = (names: readonly string[]): Map<string, string[]> => {
    const byPlace = new Map<string, string[]>();
    for (const name of names) {
      const [, , layer, place] = LAYER.exec(name) ?? [];
      if (place !== undefined) byPlace.set(place, [...(byPlace.get(place) ?? []), layer]);
    }
    return byPlace;
  };
  const elsewhere = layersOf(others);
  const places = new Map<string, string[]>();
  for (const [place, layers] of layersOf(modules)) {
    const numbers = elsewhere.has(place) ? `(${layers.join('|')})` : '\\d+';
    places.set(numbers, [...(places.get(numbers) ?? []), place]);
  }
  const patterns = [...places].map(([numbers, names]) => `re:.*\\.layers\\.${numbers}\\.(${names.map(escape).join('|')})$`);
  return [...patterns, ...modules.filter((name) => !LAYER.test(name))];
}

const escape = (name: string): string => name.replaceAll('.', '\\.');
