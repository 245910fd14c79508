import type { Step } from '../common/step.ts';
import { decodeRows } from '../dequant/reference.ts';
import type { WeightFormat } from '../dequant/weight-format.ts';
import { describeFormat, WEIGHT_FORMATS } from '../dequant/formats.ts';
import { randomPlanes } from '../dequant/random-planes.ts';
import { roundUp } from '../kernel.ts';
import type { BufferData, KernelCase } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { rmsNormReference } from '../rms-norm/reference.ts';
import { combine, type CombineVariant } from './combine.ts';
import { expertDown, type ExpertDownVariant } from './expert-down.ts';
import { expertGateUp, type ExpertGateUpVariant } from './expert-gate-up.ts';
import { expertTiles, type ExpertTilesVariant } from './expert-tiles.ts';
import { group, mostTiles, type GroupVariant } from './group.ts';
import { activatedReference, expertReference, groupReference, routeReference } from './reference.ts';
import { route, type RouteVariant } from './route.ts';
import { rowsPerElement, type ExpertsVariant } from './variant.ts';

const stepOf = (count: number): Step => ({ count, position: 3, slotIn: 0, slotOut: 1 });

/** The elements of a buffer that a kernel must leave as they were, here poison. */
const poison = (length: number): Float64Array => new Float64Array(length).fill(NaN);

/** Logits of whole numbers have ties. */
function routeCase(count: number, variant: RouteVariant, ties = false): KernelCase {
  const { experts, topK, scoring } = variant;
  const stride = roundUp(experts, 4);
  const biased = scoring.kind === 'sigmoid' && scoring.bias !== undefined;
  return {
    name: `${route(variant).label} T=${count}${ties ? ' with ties' : ''}`,
    kernels: () => [route(variant)],
    step: stepOf(count),
    inputs: () => {
      const logits = normal(count * stride, 21, 3).map((logit) => (ties ? Math.round(logit) : logit));
      for (let token = 0; token < count; token++) logits.fill(NaN, token * stride + experts, (token + 1) * stride);
      return { logits, ...(biased ? { bias: normal(experts, 20, 0.5) } : {}) };
    },
    outputs: { chosen: { type: 'u32', length: count * topK }, weights: { type: 'f32', length: count * topK } },
    expected: ({ logits, bias }) => ({ ...routeReference(variant, count, logits, bias) }),
    tolerance: 2e-6,
  };
}

/** Who chooses whom: at random, everybody the same experts (so that the others get none), or in turn. */
type Choice = 'random' | 'same' | 'turns';

/** `topK` different experts for each of `count` tokens. */
function choose(count: number, { experts, topK }: GroupVariant, choice: Choice): Uint32Array<ArrayBuffer> {
  const next = uniform(22);
  const chosen = new Uint32Array(count * topK);
  for (let token = 0; token < count; token++) {
    const first = { random: Math.floor(next() * experts), same: experts - 1, turns: token }[choice];
    for (let j = 0; j < topK; j++) chosen[token * topK + j] = (first + experts - j) % experts;
  }
  return chosen;
}

function groupCase(count: number, variant: GroupVariant, choice: Choice): KernelCase {
  return {
    name: `moe-group T=${count} ${variant.topK} of ${variant.experts} ${choice}`,
    kernels: () => [group(variant)],
    step: stepOf(count),
    inputs: () => ({ chosen: choose(count, variant, choice) }),
    outputs: { order: { type: 'u32', length: count * variant.topK }, tiles: { type: 'u32', length: 4 * mostTiles(variant, count) } },
    expected: ({ chosen }) => ({ ...groupReference(variant, count, chosen) }),
    tolerance: 0,
  };
}

type Shape = { readonly format: WeightFormat; readonly allExperts: number } & Pick<ExpertsVariant, 'inputs' | 'outputs' | 'topK'> & Partial<Omit<ExpertsVariant, 'format'>>;

/** A chunk of all experts. */
const variantOf = (shape: Shape): ExpertsVariant & { readonly allExperts: number } => ({ experts: shape.allExperts, firstExpert: 0, bias: false, ...shape, format: describeFormat(shape.format) });

/** x with garbage where its rows are padded. */
function inputRows(rows: number, inputs: number, seed: number): Float32Array<ArrayBuffer> {
  const stride = roundUp(inputs, 4);
  const x = normal(rows * stride, seed);
  for (let row = 0; row < rows; row++) x.fill(NaN, row * stride + inputs, (row + 1) * stride);
  return x;
}

/** Planes of the chunk, and the bias of all experts where there is one. */
const weightsOf = ({ format, inputs, outputs, experts, bias, allExperts }: ReturnType<typeof variantOf>): Record<string, BufferData> => ({
  ...randomPlanes(format.key, experts * outputs, inputs, 23),
  ...(bias ? { bias: normal(allExperts * outputs, 24) } : {}),
});

/** What expert number `expert` of all gives for the row of x at `start`; undefined where another chunk has it. */
function productOf({ format, inputs, outputs, experts, firstExpert }: ExpertsVariant, { bias, ...planes }: Record<string, BufferData>) {
  const weight = decodeRows(format.key, planes, experts * outputs, inputs);
  return (expert: number, x: ArrayLike<number>, start: number): Float64Array | undefined => {
    const own = expert - firstExpert;
    if (own < 0 || own >= experts) return undefined;
    return expertReference({ inputs, outputs, weight, ...(bias && { bias: bias.subarray(firstExpert * outputs) }) }, own, x, start);
  };
}

function gateUpCase(shape: Shape & Pick<ExpertGateUpVariant, 'activation' | 'norm'>, team?: KernelCase['team']): KernelCase {
  const variant = { ...variantOf(shape), activation: shape.activation, ...(shape.norm && { norm: shape.norm }) };
  const { inputs, outputs, topK, norm, activation } = variant;
  const stride = roundUp(outputs / rowsPerElement(activation), 4);
  return {
    name: expertGateUp(variant, { subgroup: 0 }).label,
    ...(team && { team }),
    kernels: (target) => [expertGateUp(variant, target)],
    inputs: () => ({
      ...weightsOf(variant),
      x: inputRows(1, inputs, 25),
      chosen: choose(1, { experts: variant.allExperts, topK }, 'random'),
      ...(norm ? { norm_weight: inputRows(1, inputs, 26) } : {}),
    }),
    outputs: { out: { type: 'f32', length: topK * stride } },
    expected: ({ x, chosen, norm_weight: normWeight, ...weights }) => {
      const product = productOf(variant, weights);
      const normed = norm ? rmsNormReference(x, normWeight, { width: inputs, stride: roundUp(inputs, 4), eps: norm.eps }) : x;
      const out = poison(topK * stride);
      chosen.forEach((expert, i) => out.set(activatedReference(activation, product(expert, normed, 0) ?? []), i * stride));
      return { out };
    },
    tolerance: 3e-6,
  };
}

function downCase({ accumulate = true, ...shape }: Shape & Partial<Pick<ExpertDownVariant, 'accumulate'>>, team?: KernelCase['team']): KernelCase {
  const variant = { ...variantOf(shape), accumulate };
  const { inputs, outputs, topK, allExperts } = variant;
  return {
    name: expertDown(variant, { subgroup: 0 }).label,
    ...(team && { team }),
    kernels: (target) => [expertDown(variant, target)],
    inputs: () => ({
      ...weightsOf(variant),
      x: inputRows(topK, inputs, 27),
      chosen: choose(1, { experts: allExperts, topK }, 'random'),
      weights: normal(topK, 28),
      ...(accumulate ? { out: normal(outputs, 29) } : {}),
    }),
    ...(accumulate ? {} : { outputs: { out: { type: 'f32' as const, length: outputs } } }),
    expected: ({ x, chosen, weights, out, ...matrix }) => {
      const product = productOf(variant, matrix);
      const sum = accumulate ? Float64Array.from(out) : new Float64Array(outputs);
      chosen.forEach((expert, i) => product(expert, x, i * roundUp(inputs, 4))?.forEach((value, row) => (sum[row] += weights[i] * value)));
      return { out: sum };
    },
    tolerance: 2e-6,
  };
}

function tilesCase(count: number, choice: Choice, shape: Shape & Pick<ExpertTilesVariant, 'activation'>): KernelCase {
  const variant: ExpertTilesVariant = { ...variantOf(shape), ...(shape.activation && { activation: shape.activation }) };
  const { inputs, outputs, topK, allExperts, activation } = variant;
  const groups = { experts: allExperts, topK };
  const stride = roundUp(activation ? outputs / rowsPerElement(activation) : outputs, 4);
  return {
    name: `${expertTiles(variant).label} T=${count} of ${allExperts} ${choice}`,
    kernels: () => [group(groups), expertTiles(variant)],
    step: stepOf(count),
    inputs: () => ({ ...weightsOf(variant), x: inputRows(activation ? count : count * topK, inputs, 30), chosen: choose(count, groups, choice) }),
    outputs: {
      order: { type: 'u32', length: count * topK },
      tiles: { type: 'u32', length: 4 * mostTiles(groups, count) },
      out: { type: 'f32', length: count * topK * stride },
    },
    expected: ({ x, chosen, ...weights }) => {
      const product = productOf(variant, weights);
      const out = poison(count * topK * stride);
      chosen.forEach((expert, i) => {
        const row = product(expert, x, Math.floor(activation ? i / topK : i) * roundUp(inputs, 4)) ?? [];
        out.set(activation ? activatedReference(activation, row) : row, i * stride);
      });
      return { out };
    },
    tolerance: 3e-6,
  };
}

function combineCase(count: number, variant: CombineVariant): KernelCase {
  const { topK, width, accumulate } = variant;
  const stride = roundUp(width, 4);
  const length = (count + 1) * stride;
  return {
    name: `${combine(variant).label} T=${count}`,
    kernels: () => [combine(variant)],
    step: stepOf(count),
    // One token more than the step has: it must stay as it is.
    inputs: () => ({ x: inputRows(count * topK, width, 31), weights: normal(count * topK, 32), ...(accumulate ? { out: inputRows(count + 1, width, 33) } : {}) }),
    ...(accumulate ? {} : { outputs: { out: { type: 'f32' as const, length } } }),
    expected: ({ x, weights, out }) => ({
      out: Float64Array.from(out ?? poison(length), (before, i) => {
        const [token, column] = [Math.floor(i / stride), i % stride];
        if (token === count || column >= width) return before;
        return Array.from({ length: topK }, (_, j) => token * topK + j).reduce((sum, at) => sum + weights[at] * x[at * stride + column], accumulate ? before : 0);
      }),
    }),
    tolerance: 1e-6,
  };
}

const SILU = { kind: 'silu' } as const;
const CLAMPED = { kind: 'clamped', alpha: 1.702, limit: 7 } as const;
const RELU2 = { kind: 'relu2' } as const;
const SOFTMAX = { kind: 'softmax', renormalised: false, scale: 2.5 } as const;
const RENORMALISED = { kind: 'softmax', renormalised: true } as const;
const SIGMOID = { kind: 'sigmoid', renormalised: true } as const;

export const moeCases: readonly KernelCase[] = [
  ...[SOFTMAX, RENORMALISED].flatMap((scoring) => [
    routeCase(1, { experts: 1, topK: 1, scoring }),
    routeCase(3, { experts: 5, topK: 5, scoring }),
    routeCase(7, { experts: 33, topK: 3, scoring }),
    routeCase(5, { experts: 256, topK: 16, scoring }),
    routeCase(2, { experts: 513, topK: 9, scoring }),
    routeCase(9, { experts: 13, topK: 4, scoring }, true),
  ]),
  routeCase(7, { experts: 33, topK: 3, scoring: { ...SIGMOID, bias: true, epsilon: 0.05 } }),
  routeCase(5, { experts: 256, topK: 8, scoring: { ...SIGMOID, bias: true, groups: { count: 8, chosen: 4, scoring: 'top2-sum' }, scale: 2.5 } }),
  routeCase(3, { experts: 15, topK: 2, scoring: { kind: 'sigmoid', renormalised: false, groups: { count: 5, chosen: 1, scoring: 'max' } } }),
  routeCase(9, { experts: 18, topK: 5, scoring: { ...SIGMOID, groups: { count: 6, chosen: 2, scoring: 'top2-sum' } } }, true),
  ...(['random', 'same', 'turns'] as const).flatMap((choice) => [
    groupCase(2, { experts: 4, topK: 1 }, choice),
    groupCase(63, { experts: 7, topK: 3 }, choice),
    groupCase(513, { experts: 33, topK: 5 }, choice),
    groupCase(100, { experts: 256, topK: 16 }, choice),
  ]),
  // Every format in one of the kernels, over two super-blocks and a part of a block: they decode through the same files. How a team adds up is not a matter of formats, nor is what is done with a product.
  ...WEIGHT_FORMATS.map((format, i) => [
    () => gateUpCase({ format, inputs: 321, outputs: 6, allExperts: 7, topK: 2, activation: CLAMPED, bias: true, norm: { eps: 1e-5 } }, i % 2 === 0 ? 'subgroup' : 'workgroup'),
    () => downCase({ format, inputs: 321, outputs: 37, allExperts: 5, topK: 3 }, i % 2 === 0 ? 'workgroup' : 'subgroup'),
    () => tilesCase(7, 'random', { format, inputs: 321, outputs: 38, allExperts: 5, topK: 3, activation: SILU }),
  ][i % 3]()),
  ...(['f32', 'mxfp4'] as const).flatMap((format) => [
    gateUpCase({ format, inputs: 63, outputs: 38, allExperts: 5, topK: 3, activation: SILU }),
    gateUpCase({ format, inputs: 100, outputs: 6, allExperts: 7, topK: 2, activation: CLAMPED, bias: true, norm: { eps: 1e-5 } }),
    downCase({ format, inputs: 63, outputs: 37, allExperts: 5, topK: 3 }),
    downCase({ format, inputs: 100, outputs: 5, allExperts: 7, topK: 2, bias: true }),
    tilesCase(7, 'random', { format, inputs: 63, outputs: 38, allExperts: 5, topK: 3, activation: SILU }),
    tilesCase(65, 'turns', { format, inputs: 100, outputs: 70, allExperts: 3, topK: 2, activation: CLAMPED, bias: true }),
    tilesCase(33, 'random', { format, inputs: 63, outputs: 67, allExperts: 7, topK: 3, bias: true }),
  ]),
  // Several chunks of x (K > 3,392), and the numbers of rows that a team takes.
  gateUpCase({ format: 'int4', inputs: 3501, outputs: 6, allExperts: 3, topK: 2, activation: CLAMPED, bias: true, norm: { eps: 1e-6 } }),
  gateUpCase({ format: 'int4', inputs: 5, outputs: 2 * 8193, allExperts: 3, topK: 2, activation: SILU, norm: { eps: 1e-6 } }),
  downCase({ format: 'int4', inputs: 3501, outputs: 3, allExperts: 3, topK: 2 }),
  downCase({ format: 'int8', inputs: 5, outputs: 2051, allExperts: 3, topK: 2, bias: true }),
  downCase({ format: 'int4', inputs: 5, outputs: 8197, allExperts: 3, topK: 2 }),
  // Without a gate, and with another.
  gateUpCase({ format: 'int4', inputs: 63, outputs: 37, allExperts: 5, topK: 3, activation: RELU2, bias: true, norm: { eps: 1e-5 } }),
  gateUpCase({ format: 'int4', inputs: 5, outputs: 8193, allExperts: 3, topK: 2, activation: RELU2 }),
  gateUpCase({ format: 'f32', inputs: 63, outputs: 38, allExperts: 5, topK: 3, activation: { kind: 'gelu-tanh' } }),
  tilesCase(7, 'random', { format: 'int8', inputs: 63, outputs: 37, allExperts: 5, topK: 3, activation: RELU2, bias: true }),
  // Chunks of a weight: in the middle, and one that none of the choices is in.
  gateUpCase({ format: 'int4', inputs: 63, outputs: 38, allExperts: 9, topK: 5, firstExpert: 2, experts: 4, activation: CLAMPED, bias: true }),
  downCase({ format: 'f32', inputs: 63, outputs: 37, allExperts: 9, topK: 5, firstExpert: 2, experts: 4, bias: true }),
  downCase({ format: 'f32', inputs: 63, outputs: 37, allExperts: 40, topK: 2, firstExpert: 35, experts: 5, bias: true, accumulate: false }),
  downCase({ format: 'f32', inputs: 63, outputs: 37, allExperts: 5, topK: 2, bias: true, accumulate: false }),
  tilesCase(33, 'turns', { format: 'int8', inputs: 63, outputs: 38, allExperts: 9, topK: 5, firstExpert: 2, experts: 4, activation: SILU, bias: true }),
  tilesCase(33, 'turns', { format: 'fp8', inputs: 63, outputs: 37, allExperts: 9, topK: 5, firstExpert: 8, experts: 1, bias: true }),
  // All tokens choose the same experts, and each expert gets one or two.
  tilesCase(100, 'same', { format: 'f32', inputs: 33, outputs: 10, allExperts: 5, topK: 3, activation: CLAMPED }),
  tilesCase(5, 'turns', { format: 'f16', inputs: 33, outputs: 9, allExperts: 33, topK: 3 }),
  combineCase(1, { topK: 1, width: 1, accumulate: true }),
  combineCase(3, { topK: 5, width: 63, accumulate: false }),
  combineCase(7, { topK: 16, width: 131, accumulate: true }),
];
