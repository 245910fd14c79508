import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { checkFloat } from '../safetensors/to-float32.ts';
import type { TensorInfo } from '../safetensors/tensor-info.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import { nearestNames } from '../checkpoint/nearest-names.ts';
import { MissingTensorError } from '../errors/missing-tensor-error.ts';
import type { MatrixPart, MatrixSpec, VectorPart, VectorSpec } from './spec.ts';

export type Spec = MatrixSpec | VectorSpec;

/** Where one tensor of the checkpoint goes. A tied matrix may have several uses, but each spec appears once. */
export type Placement = { readonly spec: MatrixSpec; readonly part: MatrixPart } | { readonly spec: VectorSpec; readonly part: VectorPart };

/** What to read and what becomes of it. */
export interface WeightPlan {
  readonly specs: readonly Spec[];
  /** By name in the checkpoint. */
  readonly placements: ReadonlyMap<string, Placement>;
  /** Elements of all tensors that are read. */
  readonly parameters: number;
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

const expectedShape = ({ spec, part }: Placement): readonly number[] => {
  if (spec.kind === 'vector') return 'shape' in part ? part.shape : [];
  const { rows, transposed, experts } = part as MatrixPart;
  return [...(experts === undefined ? [] : [experts]), ...(transposed ? [spec.inputs, rows] : [rows, spec.inputs])];
};

/**
 * Matches the tensors that the model wants with those that the checkpoint has. Throws, before anything is read, for a
 * tensor that is missing, has another shape or no floating-point numbers, or that the model has no use for.
 */
export function planWeights(tree: object, { tensors, weightsFile }: Pick<Checkpoint, 'tensors' | 'weightsFile'>, canonicalName: (name: string) => string | undefined): WeightPlan {
  const available = new Map<string, TensorInfo>();
  for (const info of tensors.values()) {
    const name = canonicalName(info.name);
    if (name === undefined) continue;
    const twin = available.get(name);
    if (twin) throw new CheckpointError('duplicate-tensor', `is the same parameter as ${twin.name}`, { file: info.file, tensor: info.name });
    available.set(name, info);
  }
  const specs = collectSpecs(tree);
  const wanted = new Set(specs.flatMap(({ parts }) => parts.map(({ name }) => name)));
  const placements = new Map<string, Placement>();
  let parameters = 0;
  for (const spec of specs) {
    for (const part of spec.parts) {
      const info = available.get(part.name);
      if (!info) {
        // A tensor that has a use under its own name is no misspelling of this one.
        const unused = [...available.keys()].filter((name) => !wanted.has(name));
        throw new MissingTensorError(part.name, nearestNames(part.name, unused), weightsFile);
      }
      const placement = { spec, part } as Placement;
      const shape = expectedShape(placement);
      if (info.shape.length !== shape.length || info.shape.some((size, i) => size !== shape[i])) {
        throw new CheckpointError('tensor-shape', `has shape [${info.shape.join(', ')}], the config asks for [${shape.join(', ')}]`, { file: info.file, tensor: info.name });
      }
      checkFloat(info);
      placements.set(info.name, placement);
      parameters += info.shape.reduce((product, size) => product * size, 1);
      available.delete(part.name);
    }
  }
  const [extra] = available.values();
  if (extra) throw new CheckpointError('unexpected-tensor', `is not part of this model (${available.size} such tensors); is its model_type right?`, { file: extra.file, tensor: extra.name });
  return { specs, placements, parameters };
}
