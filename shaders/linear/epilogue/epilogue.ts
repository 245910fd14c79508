import sigmoidSource from '../../common/sigmoid.wgsl?raw';
import { bool, f32, u32, type Binding, type Constant } from '../../kernel.ts';
import type { Activation, LinearVariant } from '../linear-variant.ts';
import activationGeluTanh from './activation-gelu-tanh.wgsl?raw';
import activationGelu from './activation-gelu.wgsl?raw';
import activationNone from './activation-none.wgsl?raw';
import activationRelu2 from './activation-relu2.wgsl?raw';
import activationSigmoid from './activation-sigmoid.wgsl?raw';
import activationSilu from './activation-silu.wgsl?raw';
import biasNone from './bias-none.wgsl?raw';
import biasSource from './bias.wgsl?raw';
import capNone from './cap-none.wgsl?raw';
import capTanh from './cap-tanh.wgsl?raw';
import outputGateNone from './output-gate-none.wgsl?raw';
import outputGateSource from './output-gate.wgsl?raw';
import storeSource from './store.wgsl?raw';

/** WGSL: defines `activate`. */
export const ACTIVATIONS: Readonly<Record<Activation, string>> = {
  none: activationNone,
  silu: activationSilu,
  sigmoid: activationSigmoid,
  'gelu-tanh': activationGeluTanh,
  gelu: activationGelu,
  relu2: activationRelu2,
};

export interface Epilogue {
  readonly snippets: readonly string[];
  readonly constants: Readonly<Record<string, Constant>>;
  /** `bias` and `output_gate` where there are any, then `out`. */
  readonly bindings: readonly Binding[];
  /** Part of a variant's label. */
  readonly label: string;
}

/** Bias, activation, gates, scale, residual and soft cap of both linear kernels; its bindings begin at `firstBinding`. `bias` is the whole weight's. */
export function epilogue(variant: LinearVariant, firstBinding: number): Epilogue {
  const { bias, biasStart = 0, biasStride = 1, accumulate, outputGate = false, multiply = false, activation, gated, scale = 1, softCap, rowOffset, outputStride } = variant;
  const biasLabel = biasStart > 0 || biasStride > 1 ? `bias${biasStart}+${biasStride}` : 'bias';
  return {
    snippets: [bias ? biasSource : biasNone, ACTIVATIONS[gated ?? activation], ...(outputGate ? [sigmoidSource, outputGateSource] : [outputGateNone]), softCap === undefined ? capNone : capTanh, storeSource],
    constants: {
      BIAS_BINDING: u32(firstBinding),
      OUTPUT_GATE_BINDING: u32(firstBinding + Number(bias)),
      OUT_BINDING: u32(firstBinding + Number(bias) + Number(outputGate)),
      ROW_OFFSET: u32(rowOffset),
      OUT_STRIDE: u32(outputStride),
      BIAS_START: u32(biasStart),
      BIAS_STRIDE: u32(biasStride),
      ACCUMULATE: bool(accumulate),
      MULTIPLY: bool(multiply),
      GATED: bool(gated !== undefined),
      SCALE: f32(scale),
      ...(softCap === undefined ? {} : { SOFT_CAP: f32(softCap) }),
    },
    bindings: [...(bias ? [{ name: 'bias', type: 'read' } as const] : []), ...(outputGate ? [{ name: 'output_gate', type: 'read' } as const] : []), { name: 'out', type: 'write' }],
    label: [bias && biasLabel, gated ? `gated-${gated}` : activation !== 'none' && activation, outputGate && 'output-gate', accumulate && 'accumulate', multiply && 'multiply', scale !== 1 && `times${scale}`, softCap !== undefined && `cap${softCap}`, rowOffset > 0 && `from${rowOffset}`].filter(Boolean).map((part) => `/${part}`).join(''),
  };
}
