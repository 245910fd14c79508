import type { MatrixPart, MatrixSpec } from './spec.ts';

/** Matrices over inputs of their own, which follow each other: all products in one, at the price of the zeros beside them. For small ones. */
export function blockDiagonal(label: string, parts: readonly (readonly [name: string, rows: number, inputs: number])[]): MatrixSpec {
  let [outputs, inputs] = [0, 0];
  const placed = parts.map(([name, rows, count]): MatrixPart => {
    const part = { name, rows, start: outputs, stride: 1, transposed: false, columns: { start: inputs, count } };
    [outputs, inputs] = [outputs + rows, inputs + count];
    return part;
  });
  return { kind: 'matrix', label, role: 'linear', outputs, inputs, parts: placed };
}
