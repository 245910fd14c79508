import { openCheckpoint } from '../../models/checkpoint/open-checkpoint.ts';
import { compressCheckpoint, type CompressOptions } from '../../models/compress/compress-checkpoint.ts';
import { planCompression, type CompressionOptions, type CompressionPlan } from '../../models/compress/plan-compression.ts';

/** A checkpoint in memory, quantised: the files that are written, and what was planned. */
export async function compressFiles(files: readonly File[], options: CompressionOptions, more: CompressOptions = {}): Promise<{ readonly files: Record<string, Uint8Array<ArrayBuffer>>; readonly plan: CompressionPlan }> {
  const checkpoint = await openCheckpoint(files);
  const plan = await planCompression(checkpoint, options);
  const pieces = new Map<string, Uint8Array<ArrayBuffer>[]>();
  for await (const { file, bytes } of compressCheckpoint(checkpoint, plan, more)) pieces.set(file, [...(pieces.get(file) ?? []), bytes]);
  const whole: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const [file, parts] of pieces) whole[file] = new Uint8Array(await new Blob(parts).arrayBuffer());
  return { files: whole, plan };
}
