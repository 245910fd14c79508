import type { Step } from './common/step.ts';
import type { Kernel, Target } from './kernel.ts';

export type BufferData = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** A buffer that the kernels write. It starts as NaN (f32), packed NaN pairs (f16) or 0xffffffff (u32). */
export interface OutputShape {
  readonly type: 'f32' | 'f16' | 'u32';
  /** Elements of that type. */
  readonly length: number;
}

/**
 * One shape at which an operator is checked against its float64 reference, on every target, and timed by the benchmark.
 * The list of cases is the only list: tests, the compile check and the benchmark all run over it.
 */
export interface KernelCase {
  readonly name: string;
  /** The kernels in the order they run; buffers are shared by binding name. */
  readonly kernels: (target: Target) => readonly Kernel[];
  /** Which of the two ways in which a team adds up is run, where this is not what the case is about and others run the other way. Default: both. */
  readonly team?: 'subgroup' | 'workgroup';
  readonly step?: Step;
  /** Seeded contents of every binding but `step` and the pure outputs; also those written in place. */
  readonly inputs: () => Record<string, BufferData>;
  readonly outputs?: Readonly<Record<string, OutputShape>>;
  /** Expected contents after the run of some bindings, in float64. NaN means: still poisoned, must not be touched. */
  readonly expected: (inputs: Record<string, BufferData>) => Record<string, Float64Array>;
  /** Element type of expected bindings that are inputs too and not f32. */
  readonly types?: Readonly<Record<string, OutputShape['type']>>;
  /** The numbers in expected bindings that are packed, from their words. */
  readonly unpack?: Readonly<Record<string, (words: Uint32Array<ArrayBuffer>) => Float64Array>>;
  /** Largest allowed RMS(error) / RMS(expected) of each expected buffer; 0 means exact. */
  readonly tolerance: number;
}
