import { halfToNumber } from '../../shaders/common/half.ts';
import { packStep } from '../../shaders/common/step.ts';
import type { BufferData, KernelCase, OutputShape } from '../../shaders/kernel-case.ts';
import type { Kernel, Target } from '../../shaders/kernel.ts';

const STORAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
const POISON: Record<OutputShape['type'], number> = { f32: 0x7fc00000, f16: 0x7e007e00, u32: 0xffffffff };

function decode(words: Uint32Array<ArrayBuffer>, { type, length }: OutputShape): Float64Array {
  switch (type) {
    case 'f32':
      return Float64Array.from(new Float32Array(words.buffer).subarray(0, length));
    case 'u32':
      return Float64Array.from(words.subarray(0, length), (word) => (word === POISON.u32 ? NaN : word));
    case 'f16':
      return Float64Array.from(new Uint16Array(words.buffer).subarray(0, length), halfToNumber);
    default:
      return type satisfies never;
  }
}

/** By device and code. Compiling is what takes the time, and many cases share their kernels. */
const compiled = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();

export function pipelineOf(device: GPUDevice, kernel: Kernel): Promise<GPUComputePipeline> {
  const pipelines = compiled.get(device) ?? new Map<string, Promise<GPUComputePipeline>>();
  compiled.set(device, pipelines);
  const pipeline = pipelines.get(kernel.code) ?? compile(device, kernel);
  pipelines.set(kernel.code, pipeline);
  return pipeline;
}

function compile(device: GPUDevice, kernel: Kernel): Promise<GPUComputePipeline> {
  const layout = device.createBindGroupLayout({
    entries: kernel.bindings.map(({ type }, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: type === 'uniform' ? 'uniform' : type === 'read' ? 'read-only-storage' : 'storage' },
    })),
  });
  return device.createComputePipelineAsync({
    label: kernel.label,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ code: kernel.code, label: kernel.label }) },
  });
}

/** Runs a case's kernels once and returns the expected buffers as they are afterwards. */
export async function runCase(device: GPUDevice, target: Target, test: KernelCase): Promise<{ actual: Record<string, Float64Array>; expected: Record<string, Float64Array> }> {
  const buffers = new Map<string, GPUBuffer>();
  const make = (name: string, data: BufferData, usage: number): void => {
    const buffer = device.createBuffer({ size: Math.max(16, data.byteLength), usage });
    device.queue.writeBuffer(buffer, 0, data);
    buffers.set(name, buffer);
  };
  const inputs = test.inputs();
  for (const [name, data] of Object.entries(inputs)) make(name, data, STORAGE | GPUBufferUsage.UNIFORM);
  for (const [name, { type, length }] of Object.entries(test.outputs ?? {})) {
    make(name, new Uint32Array(type === 'f16' ? Math.ceil(length / 2) : length).fill(POISON[type]), STORAGE);
  }
  const step = test.step ?? { count: 1, position: 0, slotIn: 0, slotOut: 1 };
  make('step', packStep(step), GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);

  const kernels = test.kernels(target);
  const pipelines = await Promise.all(kernels.map((kernel) => pipelineOf(device, kernel)));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  kernels.forEach((kernel, i) => {
    const entries = kernel.bindings.map(({ name }, binding) => {
      const buffer = buffers.get(name);
      if (!buffer) throw new Error(`${test.name}: the case gives no buffer for binding ${name} of ${kernel.label}`);
      return { binding, resource: { buffer } };
    });
    pass.setPipeline(pipelines[i]);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipelines[i].getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(...kernel.workgroups(step));
  });
  pass.end();

  const expected = test.expected(inputs);
  const staging = Object.keys(expected).map((name) => {
    const buffer = buffers.get(name);
    if (!buffer) throw new Error(`${test.name}: expected names ${name}, which no binding has`);
    const copy = device.createBuffer({ size: buffer.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
    return { name, copy };
  });
  device.queue.submit([encoder.finish()]);
  const actual: Record<string, Float64Array> = {};
  for (const { name, copy } of staging) {
    await copy.mapAsync(GPUMapMode.READ);
    const shape = test.outputs?.[name] ?? { type: test.types?.[name] ?? 'f32', length: expected[name].length };
    const words = new Uint32Array(copy.getMappedRange().slice(0));
    actual[name] = test.unpack?.[name]?.(words) ?? decode(words, shape);
    copy.destroy();
  }
  for (const buffer of buffers.values()) buffer.destroy();
  return { actual, expected };
}

/** RMS(actual − expected) / RMS(expected) over the elements that are expected; throws where poison was lost or left. */
export function relativeError(name: string, actual: Float64Array, expected: Float64Array): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i]) !== Number.isNaN(actual[i])) throw new Error(`${name}[${i}] is ${actual[i]}, expected ${expected[i]}`);
    if (Number.isNaN(expected[i])) continue;
    error += (actual[i] - expected[i]) ** 2;
    size += expected[i] ** 2;
  }
  return error === 0 ? 0 : Math.sqrt(error / size);
}
