import { describeFormat } from '../../shaders/dequant/formats.ts';
import { ceilDiv } from '../../shaders/kernel.ts';
import { fp4Codes } from './byte-codes.ts';
import { nvfp4Plane } from './fp4-scales.ts';
import { requireTensor } from './module-tensors.ts';
import type { PackedModule, PackedWeight } from './packing.ts';
import { wholeFactor, wholeTensor } from './whole-factor.ts';

export interface Nvfp4Tensors {
  /** E2M1 u8 [N, K / 2], low nibble first. */
  readonly codes: string;
  /** f32, one number for all. */
  readonly global: string;
  /** What it makes of the weight: a factor or a divisor. */
  readonly factorOf: (global: number) => number;
}

/** NVFP4: codes with a scale E4M3 [N, K / 16] and one number for the whole weight. */
export function nvfp4Weight(module: PackedModule, { codes, global, factorOf }: Nvfp4Tensors): PackedWeight {
  const { rows, inputs } = module;
  requireTensor(module, codes, { dtypes: ['U8'], shapes: [[rows, ceilDiv(inputs, 2)]] });
  const scales = requireTensor(module, '.weight_scale', { dtypes: ['F8_E4M3'], shapes: [[rows, ceilDiv(inputs, 16)]] });
  const whole = wholeTensor(module, global);
  return {
    early: [global],
    layout: (early) => {
      const factor = wholeFactor(whole, early.get(global), factorOf);
      return {
        format: describeFormat('nvfp4'),
        converters: new Map([[codes, fp4Codes(inputs)], ['.weight_scale', nvfp4Plane(scales, inputs, factor)]]),
      };
    },
  };
}
