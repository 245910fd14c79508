import type { MatrixOptions, MatrixSpec } from './spec.ts';

/** The matrices [rows, inputs] of all experts one below the other, from one tensor. `transposed`: stored [experts, inputs, rows]. `order`: of the rows of each. */
export function expertMatrix(name: string, experts: number, rows: number, inputs: number, { transposed = false, order }: Pick<MatrixOptions, 'transposed' | 'order'> = {}): MatrixSpec {
  return { kind: 'matrix', label: name, role: 'linear', outputs: experts * rows, inputs, experts, parts: [{ name, rows, start: 0, stride: 1, transposed, experts, ...(order && { order }) }] };
}

/** The matrices of all experts one below the other, each given by itself. */
export function stackedExperts(label: string, matrices: readonly MatrixSpec[]): MatrixSpec {
  const [{ inputs, outputs: rows }] = matrices;
  const parts = matrices.flatMap((expert, i) => expert.parts.map((part) => ({ ...part, start: i * rows + part.start })));
  return { kind: 'matrix', label, role: 'linear', outputs: matrices.length * rows, inputs, experts: matrices.length, parts };
}
