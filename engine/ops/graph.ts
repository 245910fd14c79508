import type { Activation } from '../../shaders/linear/linear-variant.ts';
import type { ChannelGating, ChunkAttention, DifferentialAttention, GatedMlpOptions, GatedRmsNorm, HeadGating, HeadSection, HedgehogAttention, Hgrn, Interpolation, LatentAttention, LinearAttention, LinearOptions, MemoryConv, MLstm, Moe, Ops, RgLru, RwkvOutput, SelectiveScan, ShortConv, SlotScores, SoftmaxAttention, Tensor } from './vocabulary.ts';
import type { StateDeclaration } from './state.ts';
import type { Vector, Weight } from './weight.ts';

/** Also of both products of a gated MLP. */
interface LinearNodeOptions extends LinearOptions, Pick<GatedMlpOptions, 'outputGate'> {
  readonly gated?: GatedMlpOptions['activation'];
}

/** One operator as the model file said it, before any backend looks at it. */
export type Node = { readonly out: Tensor } & (
  | { readonly op: 'embedding'; readonly table: Weight }
  | { readonly op: 'positionEmbedding'; readonly x: Tensor; readonly table: Weight }
  | { readonly op: 'linear'; readonly x: Tensor; readonly weight: Weight; readonly options: LinearNodeOptions }
  | { readonly op: 'linearEach'; readonly factors: readonly { readonly x: Tensor; readonly weight: Weight }[] }
  | { readonly op: 'moe'; /** Of the experts. */ readonly x: Tensor; /** Of the router. */ readonly logits: Tensor; readonly moe: Moe }
  | { readonly op: 'scale'; readonly x: Tensor; readonly factor: number }
  | { readonly op: 'add'; readonly x: Tensor; readonly residual: Tensor }
  | { readonly op: 'arrangeHeads'; readonly x: Tensor; readonly sections: readonly HeadSection[] }
  | { readonly op: 'concatenate'; readonly x: Tensor; readonly y: Tensor }
  | { readonly op: 'interpolate'; readonly x: Tensor; readonly interpolation: Interpolation }
  | { readonly op: 'glu'; readonly x: Tensor; readonly activation: Activation }
  | { readonly op: 'softmax'; readonly x: Tensor; readonly parts: number; readonly column: number }
  | { readonly op: 'rmsNorm'; readonly x: Tensor; readonly weight: Vector; readonly eps: number; readonly residual?: Tensor }
  | { readonly op: 'layerNorm'; readonly x: Tensor; readonly weight: Vector; readonly bias: Vector; readonly eps: number }
  | { readonly op: 'softmaxAttention'; readonly x: Tensor; readonly attention: SoftmaxAttention }
  | { readonly op: 'latentAttention'; readonly x: Tensor; readonly attention: LatentAttention }
  | { readonly op: 'chunkAttention'; readonly x: Tensor; readonly attention: ChunkAttention }
  | { readonly op: 'differentialAttention'; readonly x: Tensor; readonly attention: DifferentialAttention }
  | { readonly op: 'shortConv'; readonly x: Tensor; readonly conv: ShortConv }
  | { readonly op: 'linearAttention'; readonly x: Tensor; readonly attention: LinearAttention<HeadGating> }
  | { readonly op: 'channelAttention'; readonly x: Tensor; readonly attention: LinearAttention<ChannelGating> }
  | { readonly op: 'slotScores'; readonly x: Tensor; readonly attention: SlotScores }
  | { readonly op: 'routeMemories'; readonly x: Tensor; readonly topK: number; readonly shared: boolean }
  | { readonly op: 'memoryConv'; readonly x: Tensor; readonly routes: Tensor; readonly conv: MemoryConv }
  | { readonly op: 'combineMemories'; readonly x: Tensor; readonly routes: Tensor }
  | { readonly op: 'hedgehogAttention'; readonly x: Tensor; readonly attention: HedgehogAttention }
  | { readonly op: 'gatedRmsNorm'; readonly x: Tensor; readonly gate: Tensor; readonly norm: GatedRmsNorm }
  | { readonly op: 'rwkvOutput'; readonly x: Tensor; readonly output: RwkvOutput }
  | { readonly op: 'selectiveScan'; readonly x: Tensor; readonly scan: SelectiveScan }
  | { readonly op: 'rgLru'; readonly x: Tensor; readonly lru: RgLru }
  | { readonly op: 'hgrn'; readonly x: Tensor; readonly hgrn: Hgrn }
  | { readonly op: 'mLstm'; readonly x: Tensor; readonly lstm: MLstm }
  | { readonly op: 'outputRows'; readonly x: Tensor }
);

type Unplaced = Node extends infer N ? (N extends Node ? Omit<N, 'out'> : never) : never;

/**
 * Records what a model's forward says. One recording serves prefill and decode: T is data.
 * `states` lists the declarations in the order in which the layers use them.
 */
export class Graph implements Ops {
  readonly nodes: Node[] = [];
  readonly states: StateDeclaration[] = [];
  #tensors = 0;

  #add(node: Unplaced, width: number, rows: Tensor['rows']): Tensor {
    const out: Tensor = { id: this.#tensors++, width, rows };
    this.nodes.push({ ...node, out });
    return out;
  }

  #declare(state: StateDeclaration): void {
    if (this.states.includes(state)) throw new Error(`a ${state.kind} state is used by two operators`);
    this.states.push(state);
  }

  embedding(table: Weight): Tensor {
    return this.#add({ op: 'embedding', table }, table.inputs, 'step');
  }

  positionEmbedding(x: Tensor, table: Weight): Tensor {
    return this.#add({ op: 'positionEmbedding', x, table }, x.width, x.rows);
  }

  linear(x: Tensor, weight: Weight, options: LinearOptions = {}): Tensor {
    return this.#linear(x, weight, options, weight.outputs);
  }

  gatedMlp(x: Tensor, gateUp: Weight, down: Weight, { activation, scale, residual, gateUpBias, downBias, outputGate }: GatedMlpOptions): Tensor {
    const hidden = this.#linear(x, gateUp, { gated: activation, ...(gateUpBias && { bias: gateUpBias }) }, gateUp.outputs / 2);
    return this.#linear(hidden, down, { ...(scale !== undefined && { scale }), ...(residual && { residual }), ...(downBias && { bias: downBias }), ...(outputGate && { outputGate }) }, down.outputs);
  }

  moe(x: Tensor, moe: Moe): Tensor {
    const { router, routerBias, down, input = x } = moe;
    const experts = router.outputs;
    const logits = this.#linear(x, router, routerBias ? { bias: routerBias } : {}, experts);
    return this.#add({ op: 'moe', x: input, logits, moe }, down.outputs / experts, x.rows);
  }

  linearEach(factors: readonly { readonly x: Tensor; readonly weight: Weight }[]): Tensor {
    for (const { x, weight } of factors) checkInputs(x, weight);
    return this.#add({ op: 'linearEach', factors }, factors.reduce((width, { weight }) => width + weight.outputs, 0), factors[0].x.rows);
  }

  #linear(x: Tensor, weight: Weight, options: LinearNodeOptions, width: number): Tensor {
    checkInputs(x, weight);
    return this.#add({ op: 'linear', x, weight, options }, width, x.rows);
  }

  scale(x: Tensor, factor: number): Tensor {
    return factor === 1 ? x : this.#add({ op: 'scale', x, factor }, x.width, x.rows);
  }

  add(x: Tensor, residual: Tensor): Tensor {
    if (x.width !== residual.width) throw new Error(`${x.width} columns cannot be added to ${residual.width}`);
    return this.#add({ op: 'add', x, residual }, x.width, x.rows);
  }

  concatenate(x: Tensor, y: Tensor): Tensor {
    return this.#add({ op: 'concatenate', x, y }, x.width + y.width, x.rows);
  }

  interpolate(x: Tensor, interpolation: Interpolation): Tensor {
    return this.#add({ op: 'interpolate', x, interpolation }, x.width, x.rows);
  }

  arrangeHeads(x: Tensor, sections: readonly HeadSection[]): Tensor {
    return this.#add({ op: 'arrangeHeads', x, sections }, sections.reduce((width, { heads, times = 1, dim, pool = 1 }) => width + heads * times * (dim / pool), 0), x.rows);
  }

  glu(x: Tensor, activation: Activation): Tensor {
    if (x.width % 2 !== 0) throw new Error(`${x.width} columns are no two halves`);
    return this.#add({ op: 'glu', x, activation }, x.width / 2, x.rows);
  }

  softmax(x: Tensor, { parts, column = 0, width = x.width - column }: { readonly parts: number; readonly column?: number; readonly width?: number }): Tensor {
    if (width % parts !== 0) throw new Error(`${width} columns are no ${parts} equal parts`);
    return this.#add({ op: 'softmax', x, parts, column }, width, x.rows);
  }

  rmsNorm(x: Tensor, weight: Vector, eps: number, { residual }: { readonly residual?: Tensor } = {}): Tensor {
    if (weight.length > x.width) throw new Error(`${weight.label} has ${weight.length} elements, more than the ${x.width} columns of what it normalises`);
    return this.#add({ op: 'rmsNorm', x, weight, eps, ...(residual && { residual }) }, weight.length, x.rows);
  }

  layerNorm(x: Tensor, weight: Vector, bias: Vector, eps: number): Tensor {
    return this.#add({ op: 'layerNorm', x, weight, bias, eps }, x.width, x.rows);
  }

  softmaxAttention(projection: Tensor, attention: SoftmaxAttention): Tensor {
    this.#declare(attention.state);
    return this.#add({ op: 'softmaxAttention', x: projection, attention }, attention.heads * attention.state.headDim, projection.rows);
  }

  latentAttention(query: Tensor, attention: LatentAttention): Tensor {
    this.#declare(attention.state);
    return this.#add({ op: 'latentAttention', x: query, attention }, attention.heads * attention.valueDim, query.rows);
  }

  chunkAttention(projection: Tensor, attention: ChunkAttention): Tensor {
    const { cache, state } = attention;
    this.#declare(cache);
    this.#declare(state);
    return this.#add({ op: 'chunkAttention', x: projection, attention }, cache.kvHeads * cache.headDim, projection.rows);
  }

  differentialAttention(x: Tensor, attention: DifferentialAttention): Tensor {
    const { state, heads, stored } = attention;
    if (!stored) this.#declare(state);
    else if (!this.states.includes(state)) throw new Error('attention reads a state that nothing fills');
    return this.#add({ op: 'differentialAttention', x, attention }, heads * state.headDim, x.rows);
  }

  shortConv(x: Tensor, conv: ShortConv): Tensor {
    this.#declare(conv.state);
    return this.#add({ op: 'shortConv', x, conv }, conv.state.channels, x.rows);
  }

  linearAttention(mixed: Tensor, attention: LinearAttention): Tensor {
    this.#declare(attention.state);
    const { gating } = attention;
    const width = attention.state.heads * attention.state.valueDim;
    if ('decay' in gating) return this.#add({ op: 'channelAttention', x: mixed, attention: { ...attention, gating } }, width, mixed.rows);
    return this.#add({ op: 'linearAttention', x: mixed, attention: { ...attention, gating } }, width, mixed.rows);
  }

  slotScores(mixed: Tensor, attention: SlotScores): Tensor {
    this.#declare(attention.state);
    return this.#add({ op: 'slotScores', x: mixed, attention }, attention.state.heads * attention.state.valueDim, mixed.rows);
  }

  routeMemories(logits: Tensor, { topK, shared }: { readonly topK: number; readonly shared: boolean }): Tensor {
    return this.#add({ op: 'routeMemories', x: logits, topK, shared }, logits.width + Number(shared), logits.rows);
  }

  memoryConv(x: Tensor, routes: Tensor, conv: MemoryConv): Tensor {
    this.#declare(conv.state);
    return this.#add({ op: 'memoryConv', x, routes, conv }, conv.state.channels + 2 * routes.width * conv.heads, x.rows);
  }

  combineMemories(x: Tensor, routes: Tensor): Tensor {
    return this.#add({ op: 'combineMemories', x, routes }, x.width / routes.width, x.rows);
  }

  hedgehogAttention(projection: Tensor, attention: HedgehogAttention): Tensor {
    this.#declare(attention.state);
    return this.#add({ op: 'hedgehogAttention', x: projection, attention }, attention.added.width, projection.rows);
  }

  gatedRmsNorm(x: Tensor, gate: Tensor, norm: GatedRmsNorm): Tensor {
    return this.#add({ op: 'gatedRmsNorm', x, gate, norm }, x.width, x.rows);
  }

  rwkvOutput(x: Tensor, output: RwkvOutput): Tensor {
    return this.#add({ op: 'rwkvOutput', x, output }, x.width, x.rows);
  }

  selectiveScan(x: Tensor, scan: SelectiveScan): Tensor {
    this.#declare(scan.state);
    return this.#add({ op: 'selectiveScan', x, scan }, scan.state.channels, x.rows);
  }

  rgLru(x: Tensor, lru: RgLru): Tensor {
    this.#declare(lru.state);
    return this.#add({ op: 'rgLru', x, lru }, lru.state.channels, x.rows);
  }

  hgrn(x: Tensor, hgrn: Hgrn): Tensor {
    this.#declare(hgrn.state);
    return this.#add({ op: 'hgrn', x, hgrn }, hgrn.state.channels, x.rows);
  }

  mLstm(mixed: Tensor, lstm: MLstm): Tensor {
    this.#declare(lstm.state);
    return this.#add({ op: 'mLstm', x: mixed, lstm }, lstm.state.heads * lstm.state.valueDim, mixed.rows);
  }

  outputRows(x: Tensor): Tensor {
    return this.#add({ op: 'outputRows', x }, x.width, 'one');
  }
}

function checkInputs(x: Tensor, { inputs, label }: Weight): void {
  if (x.width !== inputs) throw new Error(`${label} takes ${inputs} inputs, not ${x.width}`);
}
