import { roundUp, type Kernel, type Target } from '../../shaders/kernel.ts';
import type { KvLayout } from '../../shaders/kv/kv-format.ts';
import type { Graph, Node } from '../ops/graph.ts';
import type { StateDeclaration } from '../ops/state.ts';
import type { Tensor } from '../ops/vocabulary.ts';
import type { Vector } from '../ops/weight.ts';
import type { BufferRef, Dispatch, Value } from './dispatch.ts';

/**
 * `decode` reads one token, `prefill` up to a chunk and gives the logits of its last token, `score` gives the logits of
 * every token of the chunk.
 */
export type Mode = 'decode' | 'prefill' | 'score';

export interface LoweringOptions {
  readonly mode: Mode;
  readonly target: Target;
  /** Most tokens of a step: 1 for `decode`. */
  readonly rows: number;
  /** Tokens that a KV cache holds. */
  readonly context: number;
  readonly kv: KvLayout;
}

type RmsNormNode = Extract<Node, { op: 'rmsNorm' }>;

/** State of the walk from operators to dispatches: where tensors live and what was emitted so far. */
export class Lowering {
  readonly options: LoweringOptions;
  readonly dispatches: Dispatch[] = [];
  readonly #nodes: readonly Node[];
  readonly #states: readonly StateDeclaration[];
  readonly #values = new Map<Tensor, Value>();
  readonly #fusedNorms = new Map<Tensor, RmsNormNode>();
  readonly #consumers = new Map<Tensor, Node[]>();
  #output = false;

  constructor(graph: Graph, options: LoweringOptions) {
    this.options = options;
    this.#nodes = graph.nodes;
    this.#states = graph.states;
    for (const node of graph.nodes) {
      for (const input of inputsOf(node)) this.#consumers.set(input, [...(this.#consumers.get(input) ?? []), node]);
    }
  }

  /** Whether a tensor has one row per token of the step, rather than a single row. */
  isMany(tensor: Tensor): boolean {
    return this.options.mode === 'score' || (this.options.mode === 'prefill' && tensor.rows === 'step');
  }

  consumers(tensor: Tensor): readonly Node[] {
    return this.#consumers.get(tensor) ?? [];
  }

  /** Whether something is added to a tensor in place before the last of its `readers`. */
  isOverwritten(tensor: Tensor, readers: readonly Node[]): boolean {
    const first = this.#nodes.findIndex((node) => residualOf(node) === tensor);
    return first >= 0 && readers.some((reader) => this.#nodes.indexOf(reader) > first);
  }

  /** From here on the dispatches belong to the output. */
  beginOutput(): void {
    this.#output = true;
  }

  scratch(label: string, floats: number): BufferRef {
    return { kind: 'value', value: { label, bytes: floats * 4 } };
  }

  /** Gives a tensor a place of its own, or that of `inPlaceOf`. */
  define(tensor: Tensor, label: string, inPlaceOf?: Tensor): BufferRef {
    const rows = this.isMany(tensor) ? this.options.rows : 1;
    const base = inPlaceOf && this.#valueOf(inPlaceOf);
    const value: Value = { label, bytes: rows * roundUp(tensor.width, 4) * 4, ...(base && { inPlaceOf: base }) };
    this.#values.set(tensor, value);
    return { kind: 'value', value };
  }

  /** `tensor` is `source` under another name. */
  rename(tensor: Tensor, source: Tensor): void {
    this.#values.set(tensor, this.#valueOf(source));
  }

  /** Whether a tensor has a place already. */
  has(tensor: Tensor): boolean {
    return this.#values.has(tensor);
  }

  read(tensor: Tensor): BufferRef {
    return { kind: 'value', value: this.#valueOf(tensor) };
  }

  #valueOf(tensor: Tensor): Value {
    const value = this.#values.get(tensor);
    if (!value) throw new Error(`tensor ${tensor.id} is read before it is computed`);
    return value;
  }

  constant({ buffer }: Vector): BufferRef {
    return { kind: 'constant', buffer };
  }

  state(declaration: StateDeclaration, name: string): BufferRef {
    return { kind: 'state', index: this.#states.indexOf(declaration), name };
  }

  /** Leaves a norm to its consumers, which compute it in front of their own work. */
  fuseNorm(node: RmsNormNode): void {
    this.#fusedNorms.set(node.out, node);
  }

  fusedNorm(tensor: Tensor): RmsNormNode | undefined {
    return this.#fusedNorms.get(tensor);
  }

  /** `buffers` may name more than the kernel binds. */
  emit(kernel: Kernel, buffers: Readonly<Record<string, BufferRef>>, rowsOf: Tensor): void {
    const bound = Object.fromEntries(Object.entries(buffers).filter(([name]) => kernel.bindings.some((binding) => binding.name === name)));
    this.dispatches.push({ kernel, buffers: bound, singleRow: !this.isMany(rowsOf), output: this.#output });
  }
}

export function residualOf(node: Node): Tensor | undefined {
  switch (node.op) {
    case 'linear':
      return node.options.residual;
    case 'moe':
      return node.moe.residual;
    case 'rmsNorm':
    case 'add':
      return node.residual;
    case 'interpolate':
      return 'logits' in node.interpolation.by ? node.x : undefined;
    default:
      return undefined;
  }
}

/** Every tensor that a node reads, wherever in its options it is named. */
const inputsOf = ({ out: _, ...fields }: Node): Set<Tensor> => new Set(tensorsIn(fields));

function tensorsIn(value: unknown): Tensor[] {
  // Vectors have a buffer and weights have chunks: nothing in them is a tensor.
  if (typeof value !== 'object' || value === null || 'buffer' in value || 'chunks' in value) return [];
  return isTensor(value) ? [value] : Object.values(value).flatMap(tensorsIn);
}

const isTensor = (value: object): value is Tensor => 'id' in value && 'rows' in value;
