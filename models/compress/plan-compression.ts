import { parseModel } from '../architectures/parse-model.ts';
import type { ParsedModel } from '../architectures/architecture.ts';
import type { Checkpoint, JsonObject } from '../checkpoint/checkpoint.ts';
import { ConfigReader } from '../config/config-reader.ts';
import { CompressionError } from '../errors/compression-error.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { packedConfig } from '../packed/packed-config.ts';
import { importPackers } from '../quant/import-packer.ts';
import { planWeights } from '../weights/plan.ts';
import type { MatrixRole, MatrixSpec } from '../weights/spec.ts';
import { storedModules } from '../weights/stored-modules.ts';
import { fitsFormat, type CompressedFormat } from './compressed-matrix.ts';
import { isSensitive } from './policy.ts';
import { quantizationConfig } from './quantization-config.ts';

export interface CompressionOptions {
  readonly to: CompressedFormat;
  /** int4: keep nothing at 8 bits. */
  readonly uniform: boolean;
  /** int4 and int8: the embedding at 8 bits, where it would stay as it is. An output matrix of its own stays. */
  readonly embedding?: boolean;
}

/** What becomes of a checkpoint. Names of tensors are the checkpoint's own. */
export interface CompressionPlan {
  readonly model: ParsedModel;
  /** The matrices that are quantised. */
  readonly formats: ReadonlyMap<string, CompressedFormat>;
  /** Linear matrices that stay as they are because their rows are not whole groups. */
  readonly unaligned: readonly string[];
  /** Tensors that the model reads, by the name that the model file has for them. */
  readonly byCanonicalName: ReadonlyMap<string, TensorInfo>;
  readonly quantizationConfig: JsonObject;
}

/** Rejects with `UnsupportedModelError`, `ConfigError`, `CheckpointError` as loading does, and `CompressionError`. */
export async function planCompression(checkpoint: Checkpoint, { to, uniform, embedding = false }: CompressionOptions): Promise<CompressionPlan> {
  const model = await parseUnquantized(checkpoint);
  const packers = await importPackers(() => 'f32');
  const { parts, vectors } = planWeights(model.weights(1, storedModules(checkpoint, model.canonicalName)), checkpoint, { canonicalName: model.canonicalName, packers });
  const placed = parts.flatMap(({ spec, index, tensors }) => [...tensors.values()].map(({ name }) => ({ name, spec, part: spec.parts[index] })));
  const chosen = ({ role, label }: MatrixSpec): boolean => role === 'linear' || (embedding && role === 'embedding' && label !== OUTPUT);
  const matrices = placed.flatMap(({ name, spec, part }) => (chosen(spec) ? [{ name, inputs: part.columns?.count ?? spec.inputs, transposed: part.transposed, fused: part.experts !== undefined, role: spec.role }] : []));
  const [fused] = matrices.filter((matrix) => matrix.fused);
  if (fused) throw new CompressionError('unsupported-layout', 'holds the matrices of several experts; compressed-tensors has a layout for one linear layer at a time only.', { tensor: fused.name });
  const [transposed] = matrices.filter((matrix) => matrix.transposed);
  if (transposed) throw new CompressionError('unsupported-layout', 'is stored [inputs, outputs]; compressed-tensors has a layout for linear layers [outputs, inputs] only.', { tensor: transposed.name });
  const fitting = matrices.filter(({ inputs }) => fitsFormat(to, inputs));
  if (fitting.length === 0) throw new CompressionError('nothing-to-quantize', 'None of the matrices has rows that are whole groups of 32.');
  const atEightBits = ({ name, role }: { readonly name: string; readonly role: MatrixRole }): boolean => role === 'embedding' || (to === 'int4' && !uniform && isSensitive(name));
  const formats = new Map(fitting.map((matrix) => [matrix.name, atEightBits(matrix) ? 'int8' : to] as const));
  const modules = new Map([...formats].map(([name, format]) => [moduleOf(name), format] as const));
  return {
    model,
    formats,
    unaligned: matrices.filter(({ inputs }) => !fitsFormat(to, inputs)).map(({ name }) => name),
    byCanonicalName: new Map([...placed, ...[...vectors].map(([name, { part }]) => ({ name, part }))].flatMap(({ name, part }) => entryOf(part.name, checkpoint.tensors.get(name)))),
    quantizationConfig: quantizationConfig({ formats: modules, ignore: ignored(checkpoint, new Set(placed.map(({ name }) => name)), modules) }),
  };
}

/** The output matrix, where it is not the embedding. */
const OUTPUT = 'lm_head.weight';

const entryOf = (name: string, info: TensorInfo | undefined): [string, TensorInfo][] => (info ? [[name, info]] : []);

const moduleOf = (tensor: string): string => tensor.replace(/\.weight$/, '');

async function parseUnquantized({ config }: Checkpoint): Promise<ParsedModel> {
  const reader = new ConfigReader(config, 'config.json');
  const packed = packedConfig(reader);
  if (packed) {
    throw new CompressionError('already-quantized', `This checkpoint is quantised already, as "${packed.optionalString('quant_method') ?? 'unknown'}" (quantization_config in config.json). Quantise the original: each further rounding loses more.`);
  }
  return parseModel(reader);
}

/**
 * Modules that have a matrix and are not quantised, as llm-compressor lists them: readers would else take every linear layer for a quantised one.
 * Embeddings are no linear layers; the output matrix is one, also where it is the embedding, which readers tie it to.
 */
function ignored({ tensors }: Checkpoint, matrices: ReadonlySet<string>, modules: ReadonlyMap<string, CompressedFormat>): string[] {
  const names = [...tensors.values()]
    .filter(({ name, shape }) => name.endsWith('.weight') && shape.length === 2 && !modules.has(moduleOf(name)))
    .filter(({ name }) => !/embed/.test(name) || !matrices.has(name))
    .map(({ name }) => moduleOf(name));
  return [...new Set([...names, 'lm_head'])];
}
