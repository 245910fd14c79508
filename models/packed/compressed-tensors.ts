import type { ConfigReader } from '../config/config-reader.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { byteWeight } from './compressed-tensors-bytes.ts';
import { packedWeight } from './compressed-tensors-packed.ts';
import { readScheme, type CompressedScheme } from './compressed-tensors-scheme.ts';
import type { NameTest } from './module-pattern.ts';
import { mxfp4Weight } from './mxfp4.ts';
import { nvfp4Weight } from './nvfp4.ts';
import type { PackedModule, PackedWeight, Packing } from './packing.ts';
import { pythonPattern } from './python-pattern.ts';

/** What linear layers are called among `targets`, which may name classes. */
const LINEAR = 'Linear';
const PATTERN = 're:';

const LAYOUTS: Readonly<Record<CompressedScheme['stored'], (module: PackedModule, scheme: CompressedScheme) => PackedWeight>> = {
  packed: packedWeight,
  bytes: byteWeight,
  nvfp4: (module) => nvfp4Weight(module, { codes: '.weight_packed', global: '.weight_global_scale', factorOf: (global) => 1 / global }),
  mxfp4: mxfp4Weight,
};

/** How well a target fits: as the name itself, as a regular expression, as the class (`match_targets` in compressed-tensors' utils/match.py). */
interface Target {
  readonly text: string;
  readonly rank: number;
  readonly matches: NameTest;
}

function readTarget(text: string, config: ConfigReader, key: string): Target {
  if (!text.startsWith(PATTERN)) return text === LINEAR ? { text, rank: 2, matches: () => true } : { text, rank: 0, matches: (name) => name === text };
  const matches = pythonPattern(text.slice(PATTERN.length));
  if (!matches) throw config.error(key, `a list of names and regular expressions, which ${JSON.stringify(text)} is not as far as is understood`);
  return { text, rank: 1, matches };
}

const readTargets = (config: ConfigReader, key: string): Target[] => (config.has(key) ? config.strings(key).map((text) => readTarget(text, config, key)) : []);

function refuse(format: string, reason: string): never {
  throw new UnsupportedQuantizationError(`compressed-tensors/${format}`, reason);
}

/** What changes weights in ways that codes and scales do not tell. */
function refuseTransforms(config: ConfigReader, format: string): void {
  const sparsity = config.optionalObject('sparsity_config');
  const sparse = sparsity?.optionalString('format') ?? 'dense';
  if (sparse !== 'dense') refuse(format, `"${sparsity?.path}.format" is ${JSON.stringify(sparse)}; dense weights are read`);
  const transforms = config.optionalObject('transform_config')?.optionalObject('config_groups');
  if (transforms && transforms.keys().length > 0) refuse(format, `"${transforms.path}" asks for rotations, which are not applied here`);
}

/**
 * compressed-tensors (github.com/vllm-project/compressed-tensors): groups of modules, each with a scheme of its own. Activations are not
 * quantised here, whatever `input_activations` says.
 */
export function readCompressedTensors(config: ConfigReader): Packing {
  const format = config.string('format', { default: 'fakequant' });
  refuseTransforms(config, format);
  const groups = config.object('config_groups');
  // A target that occurs twice means the later group.
  const schemes = new Map<string, { target: Target; scheme: CompressedScheme | undefined }>();
  for (const name of groups.keys()) {
    if (Array.isArray(groups.raw(name))) refuse(format, `"${groups.path}.${name}" names a preset; schemes that are spelt out are read`);
    const group = groups.object(name);
    const weights = group.optionalObject('weights');
    const scheme = weights && readScheme(weights, group.optionalString('format') ?? format);
    for (const target of readTargets(group, 'targets')) schemes.set(target.text, { target, scheme });
  }
  const byRank = [...schemes.values()].sort(({ target: a }, { target: b }) => a.rank - b.rank || (a.text < b.text ? -1 : 1));
  const ignored = readTargets(config, 'ignore');
  return {
    module: (module) => {
      if (ignored.some(({ matches }) => matches(module.name))) return undefined;
      const scheme = byRank.find(({ target }) => target.matches(module.name))?.scheme;
      return scheme && LAYOUTS[scheme.stored](module, scheme);
    },
  };
}
