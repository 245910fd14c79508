// What scripts/quantize.mjs runs in Node: this file is bundled by itself, without a page.
export { openCheckpoint } from '../../models/checkpoint/open-checkpoint.ts';
export { compressCheckpoint } from '../../models/compress/compress-checkpoint.ts';
export { findFolds } from '../../models/compress/find-scalings.ts';
export { planCompression } from '../../models/compress/plan-compression.ts';
export { toWire } from '../worker/wire-error.ts';
