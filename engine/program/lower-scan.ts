import { hgrnChunked, hgrnRecurrenceLength, hgrnStep } from '../../shaders/hgrn/hgrn.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { mLstmChunked, mLstmStep } from '../../shaders/m-lstm/m-lstm.ts';
import { scratchLengths } from '../../shaders/m-lstm/variant.ts';
import { rgLruChunked, rgLruStep } from '../../shaders/rg-lru/rg-lru.ts';
import { recurrenceLength } from '../../shaders/rg-lru/variant.ts';
import { selectiveChunks, selectiveScan } from '../../shaders/selective-scan/selective-scan.ts';
import { carryLength, parametersLength } from '../../shaders/selective-scan/variant.ts';
import type { Node } from '../ops/graph.ts';
import type { Vector } from '../ops/weight.ts';
import type { BufferRef } from './dispatch.ts';
import type { Lowering } from './lowering.ts';

export type ScanNode = Extract<Node, { op: 'selectiveScan' | 'rgLru' | 'hgrn' | 'mLstm' }>;

export function lowerScan(lowering: Lowering, node: ScanNode): void {
  switch (node.op) {
    case 'selectiveScan':
      return lowerSelectiveScan(lowering, node);
    case 'rgLru':
      return lowerRgLru(lowering, node);
    case 'hgrn':
      return lowerHgrn(lowering, node);
    case 'mLstm':
      return lowerMLstm(lowering, node);
    default:
      return node satisfies never;
  }
}

function checkLength({ label, length }: Vector, expected: number): void {
  if (length !== expected) throw new Error(`${label} has ${length} elements, not ${expected}`);
}

/** One dispatch for a single token; two, whatever T is, for more. */
function lowerSelectiveScan(lowering: Lowering, { x, scan, out }: Extract<Node, { op: 'selectiveScan' }>): void {
  const { state, steps, mix, mixOffset, norm, parameters, gate } = scan;
  const variant = {
    channels: state.channels,
    stateSize: state.stateSize,
    mixStride: roundUp(mix.width, 4),
    mixOffset,
    ...(gate && { gate: { stride: roundUp(gate.tensor.width, 4), offset: gate.column } }),
    ...(norm && { norm }),
  };
  checkLength(parameters, parametersLength(variant));
  const many = lowering.isMany(x);
  const buffers: Record<string, BufferRef> = {
    x: lowering.read(x),
    dt: lowering.read(steps),
    mix: lowering.read(mix),
    parameters: lowering.constant(parameters),
    carry: lowering.scratch('states of chunks', carryLength(variant, many ? lowering.options.rows : 1)),
    state: lowering.state(state, 'state'),
    out: lowering.define(out, 'selective scan'),
  };
  if (gate) buffers.z = lowering.read(gate.tensor);
  if (many) lowering.emit(selectiveChunks(variant), buffers, out);
  lowering.emit(selectiveScan(variant), buffers, out);
}

/** One dispatch for a single token; two, whatever T is, for more. */
function lowerRgLru(lowering: Lowering, { x, lru, out }: Extract<Node, { op: 'rgLru' }>): void {
  const { state, heads, gateWeights, parameters, gate, gateOffset } = lru;
  checkLength(gateWeights, (2 * state.channels ** 2) / heads);
  checkLength(parameters, 3 * state.channels);
  const variant = { heads, headDim: state.channels / heads, gateStride: roundUp(gate.width, 4), gateOffset };
  const buffers: Record<string, BufferRef> = {
    x: lowering.read(x),
    gate_weights: lowering.constant(gateWeights),
    parameters: lowering.constant(parameters),
    gate: lowering.read(gate),
    state: lowering.state(state, 'state'),
    out: lowering.define(out, 'rg-lru'),
  };
  if (!lowering.isMany(x)) return lowering.emit(rgLruStep(variant), buffers, out);
  buffers.recurrences = lowering.scratch('recurrences', recurrenceLength(variant, lowering.options.rows));
  for (const kernel of rgLruChunked(variant)) lowering.emit(kernel, buffers, out);
}

/** One dispatch for a single token; two, whatever T is, for more. */
function lowerHgrn(lowering: Lowering, { x, hgrn, out }: Extract<Node, { op: 'hgrn' }>): void {
  const { state, columns, lowerBounds, layer } = hgrn;
  const variant = { width: state.channels, stride: roundUp(x.width, 4), columns, layer };
  const buffers: Record<string, BufferRef> = {
    x: lowering.read(x),
    lower_bounds: lowering.constant(lowerBounds),
    state: lowering.state(state, 'state'),
    out: lowering.define(out, 'hgrn'),
  };
  if (!lowering.isMany(x)) return lowering.emit(hgrnStep(variant), buffers, out);
  buffers.recurrences = lowering.scratch('recurrences', hgrnRecurrenceLength(variant, lowering.options.rows));
  for (const kernel of hgrnChunked(variant)) lowering.emit(kernel, buffers, out);
}

/** One dispatch for a single token; two, whatever T is, for more. */
function lowerMLstm(lowering: Lowering, { x, lstm, out }: Extract<Node, { op: 'mLstm' }>): void {
  const { state, gates, gateCap, eps } = lstm;
  const { heads, keyDim, valueDim } = state;
  const variant = { heads, keyDim, valueDim, mixedStride: roundUp(x.width, 4), gatesStride: roundUp(gates.width, 4), gateCap, eps };
  const { target, rows } = lowering.options;
  const buffers: Record<string, BufferRef> = {
    mixed: lowering.read(x),
    gates: lowering.read(gates),
    state: lowering.state(state, 'state'),
    out: lowering.define(out, 'm-lstm'),
  };
  if (!lowering.isMany(x)) return lowering.emit(mLstmStep(variant, target), buffers, out);
  for (const [name, length] of Object.entries(scratchLengths(variant, rows))) buffers[name] = lowering.scratch(name, length);
  for (const kernel of mLstmChunked(variant)) lowering.emit(kernel, buffers, out);
}
