import type { BlockType } from './block-writer.ts';
import { writeSplitNibbles } from './blocks-32.ts';

/** Four E4M3 scales without sign, then four times 16 weights. */
export const NVFP4: BlockType = {
  format: 'nvfp4',
  size: 64,
  bytes: 36,
  planeBytes: { quants: 32, high: 0, scales: 4 },
  write(source, at, { quants, scales }, to) {
    let valid = true;
    for (let part = 0; part < 4; part++) {
      scales[to.scales + part] = source[at + part];
      valid &&= source[at + part] < 0x7f;
      writeSplitNibbles(source, at + 4 + 8 * part, quants, to.quants + 8 * part, 16);
    }
    return valid;
  },
};
