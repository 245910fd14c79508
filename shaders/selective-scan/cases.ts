import { STATE_SLOTS } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { STALE_ROWS, withStaleRows } from '../stale-rows.ts';
import { selectiveScanReference } from './reference.ts';
import { selectiveChunks, selectiveScan } from './selective-scan.ts';
import { carryLength, parametersLength, stateLength, type SelectiveScanVariant } from './variant.ts';

/** `usual`: Δ from 0.001 to 0.1 around Mamba's initialisation. `extreme`: per token and channel, Δ next to 0, small, or 30, at which nothing is left of the state. */
type Regime = 'usual' | 'extreme';

const STEP = { position: 7, slotIn: 1, slotOut: 2 };

/** Seeded inputs of a step; the slots of the state that it must not touch are NaN. */
export function selectiveScanInputs(variant: SelectiveScanVariant, count: number, regime: Regime = 'usual'): Record<'x' | 'dt' | 'mix' | 'parameters' | 'state', Float32Array<ArrayBuffer>> & { readonly z?: Float32Array<ArrayBuffer> } {
  const { channels, stateSize, mixStride, gate } = variant;
  const stride = roundUp(channels, 4);
  const next = uniform(1);
  const usual = (): number => Math.log(Math.expm1(0.001 * 100 ** next()));
  const dt = Float32Array.from({ length: count * stride }, () => (regime === 'usual' || next() < 0.5 ? usual() : next() < 0.9 ? -20 : 30));
  const parameters = normal(parametersLength(variant), 2);
  // S4D-Real, Mamba's initialisation: A_n = −(n + 1).
  for (let i = 0; i < channels * stateSize; i++) parameters[i] = -((i % stateSize) + 1) * (0.5 + next());
  const state = new Float32Array(STATE_SLOTS * stateLength(variant)).fill(NaN);
  state.set(normal(stateLength(variant), 3), STEP.slotIn * stateLength(variant));
  return { x: normal(count * stride, 4), dt, mix: normal(count * mixStride, 5), parameters, ...(gate && { z: normal(count * gate.stride, 6, regime === 'usual' ? 1 : 100) }), state };
}

function selectiveScanCase(count: number, variant: SelectiveScanVariant, regime: Regime = 'usual'): KernelCase {
  const { channels, stateSize, norm } = variant;
  const step = { ...STEP, count };
  const outLength = (count + STALE_ROWS) * roundUp(channels, 4);
  return {
    name: `selective-scan T=${count} channels=${channels}x${stateSize}${norm ? ' norm' : ''}${variant.gate ? '' : ' no gate'} ${regime}`,
    kernels: () => (count === 1 ? [selectiveScan(variant)] : [selectiveChunks(variant), selectiveScan(variant)]),
    step,
    inputs: () => {
      const { x, dt, mix, z, ...kept } = selectiveScanInputs(variant, count, regime);
      const rows = Object.fromEntries(Object.entries({ x, dt, mix, ...(z && { z }) }).map(([name, data]) => [name, withStaleRows(data, count)]));
      return { ...rows, ...kept };
    },
    outputs: { out: { type: 'f32', length: outLength }, carry: { type: 'f32', length: carryLength(variant, count) } },
    expected: ({ x, dt, mix, parameters, z, state }) => {
      const reference = selectiveScanReference(variant, { x, dt, mix, parameters, z, state }, step);
      const out = new Float64Array(outLength).fill(NaN);
      out.set(reference.out);
      return { out, state: reference.state };
    },
    tolerance: 1e-6,
  };
}

/** B and C behind other columns, the gate behind as many as there are channels. */
export const selectiveSizes = (channels: number, stateSize: number, norm = true): SelectiveScanVariant => ({
  channels,
  stateSize,
  mixStride: roundUp(5 + 2 * stateSize, 4),
  mixOffset: 5,
  gate: { stride: roundUp(2 * channels, 4), offset: channels },
  ...(norm && { norm: { eps: 1e-6 } }),
});

export const selectiveScanCases: readonly KernelCase[] = [
  selectiveScanCase(1, selectiveSizes(70, 5)),
  selectiveScanCase(64, selectiveSizes(64, 16, false)),
  // More elements than a workgroup has B and C of a whole chunk for.
  selectiveScanCase(65, selectiveSizes(70, 33)),
  selectiveScanCase(70, { channels: 36, stateSize: 5, mixStride: 12, mixOffset: 0 }),
  selectiveScanCase(500, selectiveSizes(67, 8), 'extreme'),
];
