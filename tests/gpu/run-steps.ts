import { packStep, STATE_SLOTS } from '../../shaders/common/step.ts';
import type { Kernel } from '../../shaders/kernel.ts';
import { pipelineOf } from './run-case.ts';

/** A recurrence over many tokens, to be read in steps of the same length. */
export interface Steps {
  /** Of one step, in the order they run; buffers are shared by binding name. */
  readonly kernels: readonly Kernel[];
  /** Tokens of a step. */
  readonly count: number;
  readonly tokens: number;
  /** Inputs of all tokens, row by row, a step's share of which takes a multiple of 256 bytes. */
  readonly rows: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  readonly weights: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  /** All slots; the first step reads slot `slotIn` and has tokens behind it. */
  readonly state: Float32Array<ArrayBuffer>;
  readonly slotIn: number;
  /** Lengths in f32 of what one step writes and the next one may overwrite: its output and scratch. */
  readonly written: Readonly<Record<string, number>>;
}

/** Runs all steps around the state ring in one submit; the slot written last. */
export async function runSteps(device: GPUDevice, { kernels, count, tokens, rows, weights, state, slotIn, written }: Steps): Promise<Float64Array> {
  const make = (data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ size: data.byteLength, usage: usage | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC });
    device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  };
  const scratch = Object.fromEntries(Object.entries(written).map(([name, length]) => [name, new Float32Array(length)]));
  const buffers = new Map(Object.entries({ ...rows, ...weights, ...scratch, state }).map(([name, data]) => [name, make(data, GPUBufferUsage.STORAGE)]));
  const slot = (step: number): number => (slotIn + step) % STATE_SLOTS;
  // A step's kernels know its length and slots, not how far it is, but that it is not the first.
  const steps = Array.from({ length: STATE_SLOTS }, (_, i) => make(packStep({ count, position: 1, slotIn: slot(i), slotOut: slot(i + 1) }), GPUBufferUsage.UNIFORM));
  const bound = (name: string, step: number): GPUBufferBinding => {
    const buffer = name === 'step' ? steps[step % STATE_SLOTS] : buffers.get(name);
    if (!buffer) throw new Error(`nothing is bound to ${name}`);
    if (!Object.hasOwn(rows, name)) return { buffer };
    const size = (buffer.size / tokens) * count;
    return { buffer, offset: step * size, size };
  };
  const pipelines = await Promise.all(kernels.map((kernel) => pipelineOf(device, kernel)));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let step = 0; step * count < tokens; step++) {
    kernels.forEach((kernel, i) => {
      pass.setPipeline(pipelines[i]);
      pass.setBindGroup(0, device.createBindGroup({ layout: pipelines[i].getBindGroupLayout(0), entries: kernel.bindings.map(({ name }, binding) => ({ binding, resource: bound(name, step) })) }));
      pass.dispatchWorkgroups(...kernel.workgroups({ count, position: 1 }));
    });
  }
  pass.end();
  const source = bound('state', 0).buffer;
  const staging = device.createBuffer({ size: source.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  encoder.copyBufferToBuffer(source, 0, staging, 0, staging.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  return slotOf(new Float32Array(staging.getMappedRange()), slot(tokens / count));
}

/** One of the slots of a state. */
export function slotOf(states: Float32Array | Float64Array, slot: number): Float64Array {
  const length = states.length / STATE_SLOTS;
  return Float64Array.from(states.subarray(slot * length, (slot + 1) * length));
}
