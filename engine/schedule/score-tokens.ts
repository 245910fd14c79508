import { roundUp } from '../../shaders/kernel.ts';
import { readBuffer } from '../gpu/read-buffer.ts';
import type { Tensor } from '../ops/vocabulary.ts';
import type { Program } from '../program/program.ts';
import type { Runner } from './runner.ts';
import type { Sequence } from './sequence.ts';

/** Logits of each of `tokens` [count, vocabulary], read as the continuation of the sequence. At most one chunk. */
export async function scoreTokens(runner: Runner, sequence: Sequence, tokens: Uint32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>> {
  const count = tokens.length;
  const program = await runner.program(count === 1 ? 'decode' : 'score');
  void runner.submit(program, sequence, count, tokens, undefined, true);
  for (const token of tokens) sequence.tokens.push(token);
  return readRows(runner, program.output, count, runner.vocabulary);
}

/** Each of `tensors`, which the program keeps, [count, width] for the tokens, read as the continuation of the sequence: for tools. At most one chunk. */
export async function captureTensors(runner: Runner, program: Program, sequence: Sequence, tokens: Uint32Array<ArrayBuffer>, tensors: readonly Tensor[]): Promise<Float32Array<ArrayBuffer>[]> {
  void runner.submit(program, sequence, tokens.length, tokens, undefined, true);
  const captured: Float32Array<ArrayBuffer>[] = [];
  for (const [i, { width }] of tensors.entries()) captured.push(await readRows(runner, program.kept[i], tokens.length, width));
  return captured;
}

/** Rows [count, width] without their padding. */
async function readRows({ gpu }: Runner, buffer: GPUBuffer, count: number, width: number): Promise<Float32Array<ArrayBuffer>> {
  const stride = roundUp(width, 4);
  const padded = new Float32Array(await readBuffer(gpu, buffer, count * stride * 4));
  gpu.check();
  if (stride === width) return padded;
  const rows = new Float32Array(count * width);
  for (let row = 0; row < count; row++) rows.set(padded.subarray(row * stride, row * stride + width), row * width);
  return rows;
}
