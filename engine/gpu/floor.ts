import { readBuffer } from './read-buffer.ts';
import type { Gpu } from './device.ts';
import probeRead from '../../shaders/common/probe-read.wgsl?raw';
import probeDispatch from '../../shaders/common/probe-dispatch.wgsl?raw';

/** What this machine's GPU can do at most, measured in this page. */
export interface Floor {
  /** Bytes per second that a plain kernel reads. */
  readonly readBytesPerSecond: number;
  /** Milliseconds of one more dispatch that depends on the one before. */
  readonly dispatchMs: number;
}

const REPEATS = 5;
/** How much is measured; a software adapter would take minutes over what a GPU does in milliseconds. */
const SIZES = {
  gpu: { readBytes: 2 ** 28, reads: 16, few: 500, many: 4500 },
  software: { readBytes: 2 ** 22, reads: 4, few: 20, many: 120 },
} as const;

/** Measures bandwidth and the cost of a dispatch, each the median of five runs. */
export async function measureFloor(gpu: Gpu): Promise<Floor> {
  const { device } = gpu;
  const { readBytes, reads, few, many } = SIZES[gpu.software ? 'software' : 'gpu'];
  const size = Math.min(readBytes, gpu.maxBindingBytes);
  const source = await gpu.buffers.allocate('probe source', size, 'activations');
  const sink = await gpu.buffers.allocate('probe sink', 2 ** 20, 'activations');
  try {
    const pipeline = async (code: string): Promise<GPUComputePipeline> => device.createComputePipelineAsync({ layout: 'auto', compute: { module: device.createShaderModule({ code }) } });
    const [read, dispatch] = [await pipeline(probeRead), await pipeline(probeDispatch)];
    const bind = (of: GPUComputePipeline, buffers: GPUBuffer[]): GPUBindGroup => device.createBindGroup({ layout: of.getBindGroupLayout(0), entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })) });
    const readGroup = bind(read, [source, sink]);
    const dispatchGroup = bind(dispatch, [sink]);
    const readTime = async (times: number): Promise<number> => median(() => run(gpu, sink, read, readGroup, times, 2112));
    const bandwidthMs = (await readTime(reads)) - (await readTime(1));
    const dispatchTime = (times: number): Promise<number> => median(() => run(gpu, sink, dispatch, dispatchGroup, times, 1));
    const dispatchMs = ((await dispatchTime(many)) - (await dispatchTime(few))) / (many - few);
    return { readBytesPerSecond: (size * (reads - 1)) / (bandwidthMs / 1000), dispatchMs };
  } finally {
    gpu.buffers.destroy(source);
    gpu.buffers.destroy(sink);
  }
}

async function run(gpu: Gpu, sink: GPUBuffer, pipeline: GPUComputePipeline, group: GPUBindGroup, times: number, workgroups: number): Promise<void> {
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  for (let i = 0; i < times; i++) pass.dispatchWorkgroups(workgroups);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
  await readBuffer(gpu, sink, 4);
}

/** Median milliseconds of a few runs after one to warm up. */
async function median(task: () => Promise<void>): Promise<number> {
  await task();
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    await task();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[REPEATS >> 1];
}
