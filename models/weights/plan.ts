import { nearestNames } from '../checkpoint/nearest-names.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { MissingTensorError } from '../errors/missing-tensor-error.ts';
import type { PackedModule, PackedWeight, Packing } from '../packed/packing.ts';
import type { Packers } from '../quant/import-packer.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { checkFloat, isFloat } from '../safetensors/to-float32.ts';
import { plainWeight } from './plain-weight.ts';
import { rowsOf } from './segments.ts';
import type { MatrixPart, MatrixSpec, VectorPart, VectorSpec } from './spec.ts';
import { liesTransposed } from './stored-values.ts';
import { TensorSuffixes } from './tensor-suffixes.ts';
import { withUnusedBias } from './unused-bias.ts';

export type Spec = MatrixSpec | VectorSpec;

/** A part of a matrix and the tensors that it is stored in. */
export interface PlannedPart {
  readonly spec: MatrixSpec;
  /** Its place among the parts of the spec. */
  readonly index: number;
  /** By suffix, as `weight` names them. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly weight: PackedWeight;
}

export interface PlannedVector {
  readonly spec: VectorSpec;
  readonly part: VectorPart;
}

/** What to read and what becomes of it. */
export interface WeightPlan {
  readonly specs: readonly Spec[];
  readonly parts: readonly PlannedPart[];
  /** By name in the checkpoint. */
  readonly vectors: ReadonlyMap<string, PlannedVector>;
  /** Numbers that all these weights have. */
  readonly parameters: number;
}

export interface PlanOptions {
  readonly canonicalName: (name: string) => string | undefined;
  /** For plain numbers. */
  readonly packers: Packers;
  /** Absent: all weights are plain numbers. */
  readonly packing?: Packing | undefined;
}

const isSpec = (value: object): value is Spec => 'kind' in value && (value.kind === 'matrix' || value.kind === 'vector');

/** The specs of a tree, in order. */
export function collectSpecs(tree: object): Spec[] {
  if (isSpec(tree)) return [tree];
  return Object.values(tree).flatMap((child: unknown) => (typeof child === 'object' && child !== null ? collectSpecs(child) : []));
}

/** The same tree with each spec replaced. */
export function replaceSpecs(tree: object, replace: (spec: Spec) => object): object {
  if (isSpec(tree)) return replace(tree);
  const child = (value: unknown): unknown => (typeof value === 'object' && value !== null ? replaceSpecs(value, replace) : value);
  if (Array.isArray(tree)) return tree.map(child);
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, child(value)]));
}

/**
 * Matches the tensors that the model wants with those that the checkpoint has. Throws, before anything is read, for a
 * tensor that is missing, has another shape or dtype, or that the model has no use for.
 */
export function planWeights(tree: object, checkpoint: Pick<Checkpoint, 'tensors' | 'weightsFile'>, options: PlanOptions): WeightPlan {
  const specs = collectSpecs(tree);
  const uses = new Map<string, number>();
  for (const { name } of specs.flatMap((spec) => [...spec.parts])) uses.set(name, (uses.get(name) ?? 0) + 1);
  const tensors = new Tensors(checkpoint, options.canonicalName, uses);
  const parts: PlannedPart[] = [];
  const vectors = new Map<string, PlannedVector>();
  let parameters = 0;
  for (const spec of specs) {
    if (spec.kind === 'vector') {
      for (const part of partsStored(spec, tensors)) {
        const info = tensors.take(part.name);
        checkShape(info, part.shape);
        checkFloat(info);
        if (vectors.has(info.name)) throw new RangeError(`${info.name} is part of two vectors`);
        vectors.set(info.name, { spec, part });
      }
      if (spec.parts.length > 0) parameters += spec.length;
    } else {
      parts.push(...spec.parts.map((part, index) => ({ spec, index, ...planPart(tensors, spec, part, options) })));
      parameters += spec.outputs * spec.inputs;
    }
  }
  tensors.checkAllTaken(options.packing !== undefined);
  return { specs, parts, vectors, parameters };
}

function planPart(tensors: Tensors, spec: MatrixSpec, part: MatrixPart, { packers, packing }: PlanOptions): Pick<PlannedPart, 'tensors' | 'weight'> {
  const plain = tensors.find(part.name);
  // A config may list less than what was left alone: plain numbers are taken as they are.
  const inputs = part.columns?.count ?? spec.inputs;
  const packed = packing && !(plain && isFloat(plain.dtype)) ? tensors.module(part, inputs) : undefined;
  const weight = packed && packing?.module(packed);
  if (packed && weight) {
    if (part.columns) throw new UnsupportedQuantizationError(packed.name, 'it shares a matrix with others over other inputs, and packed weights cannot be widened');
    tensors.takeModule(part, packed.tensors.keys());
    const [bias] = [...packed.tensors].filter(([suffix]) => BIAS.test(suffix));
    return { tensors: packed.tensors, weight: bias ? withUnusedBias(weight, ...bias) : weight };
  }
  const info = tensors.take(part.name);
  const transposed = liesTransposed(part, info);
  checkShape(info, [...(part.experts === undefined ? [] : [part.experts]), ...(transposed ? [inputs, part.rows] : [part.rows, inputs])]);
  checkFloat(info);
  return { tensors: new Map([['', info]]), weight: plainWeight(info, packers[spec.role], { rows: part.rows, inputs, transposed, factorOf: factorOf(part), ...(part.columns && { within: { start: part.columns.start, inputs: spec.inputs } }) }) };
}

/** The parts of a vector as the checkpoint has them cut; the spec's own where none fits. */
function partsStored({ parts, alternatives = [] }: VectorSpec, tensors: Tensors): readonly VectorPart[] {
  return [parts, ...alternatives].find((cut) => cut.every(({ name, shape }) => sameShape(tensors.find(name)?.shape ?? [], shape))) ?? parts;
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((size, i) => size === b[i]);

function checkShape({ name, file, shape }: TensorInfo, expected: readonly number[]): void {
  if (sameShape(shape, expected)) return;
  throw new CheckpointError('tensor-shape', `has shape [${shape.join(', ')}], the config asks for [${expected.join(', ')}]`, { file, tensor: name });
}

/** The suffix of a module's bias. */
const BIAS = /^[._]bias$/;

const factorOf = ({ factor }: MatrixPart): ((row: number) => number) | undefined => (typeof factor === 'number' ? () => factor : factor);

const moduleOf = (weight: string): string => weight.replace(/\.weight$/, '');

/** Scales of a quantised KV cache, which a packed checkpoint may bring along: the cache is quantised with scales of its own here. */
const CACHE_SCALE = /\.(?:[qkv]|prob|output)_scale$/;

/** The checkpoint's tensors by the names that the model knows them under; each is taken as often as it is wanted. */
class Tensors {
  readonly #available = new Map<string, TensorInfo>();
  readonly #wanted: Map<string, number>;
  readonly #suffixes: TensorSuffixes;
  readonly #file: string;

  constructor({ tensors, weightsFile }: Pick<Checkpoint, 'tensors' | 'weightsFile'>, canonicalName: PlanOptions['canonicalName'], wanted: Map<string, number>) {
    for (const info of tensors.values()) {
      const name = canonicalName(info.name);
      if (name === undefined) continue;
      const twin = this.#available.get(name);
      if (twin) throw new CheckpointError('duplicate-tensor', `is the same parameter as ${twin.name}`, { file: info.file, tensor: info.name });
      this.#available.set(name, info);
    }
    this.#wanted = wanted;
    this.#suffixes = new TensorSuffixes(this.#available.keys());
    this.#file = weightsFile;
  }

  find(name: string): TensorInfo | undefined {
    return this.#available.get(name);
  }

  take(name: string): TensorInfo {
    const info = this.#available.get(name);
    if (!info) {
      // A tensor that has a use under its own name is no misspelling of this one.
      const unused = [...this.#available.keys()].filter((other) => !this.#wanted.has(other));
      throw new MissingTensorError(name, nearestNames(name, unused), this.#file);
    }
    const left = (this.#wanted.get(name) ?? 0) - 1;
    this.#wanted.set(name, left);
    if (left <= 0) this.#available.delete(name);
    return info;
  }

  /** The module whose weight is `part`, with its tensors under the names that the checkpoint has for them. */
  module(part: MatrixPart, inputs: number): PackedModule | undefined {
    const { name } = part;
    const module = moduleOf(name);
    const tensors = new Map<string, TensorInfo>();
    for (const suffix of this.#suffixes.of(module)) {
      const info = this.#available.get(module + suffix);
      if (info && (module + suffix === name || !this.#wanted.has(module + suffix))) tensors.set(suffix, info);
    }
    const [first] = tensors;
    if (!first) return undefined;
    const [suffix, info] = first;
    return { name: info.name.slice(0, -suffix.length), rows: rowsOf(part), inputs, tensors, ...(part.transposed && { transposed: true }), factorOf: factorOf(part) };
  }

  takeModule({ name }: MatrixPart, suffixes: Iterable<string>): void {
    for (const suffix of suffixes) this.#available.delete(moduleOf(name) + suffix);
  }

  checkAllTaken(packed: boolean): void {
    const extra = [...this.#available.values()].filter(({ name }) => !(packed && CACHE_SCALE.test(name)));
    if (extra.length > 0) throw new CheckpointError('unexpected-tensor', `is not part of this model (${extra.length} such tensors); is its model_type right?`, { file: extra[0].file, tensor: extra[0].name });
  }
}
