import type { Packers } from '../../models/quant/import-packer.ts';
import { PLAIN_FORMATS } from '../../shaders/dequant/plain-formats.ts';
import { packF32 } from '../../models/quant/pack-f32.ts';

const F32 = { format: PLAIN_FORMATS.f32, pack: packF32 };

/** Plain numbers stay f32, whatever they are for. */
export const F32_PACKERS: Packers = { linear: F32, embedding: F32, dense: F32 };
