/** Orders of the rows of a tensor, for `MatrixPart.order`: row i is to become row order[i]. */

/** `sections` of equal length one after the other, to take turns: [gate; up] becomes gate, up, gate, up, … */
export function alternating(rows: number, sections = 2): Uint32Array {
  const length = rows / sections;
  return Uint32Array.from({ length: rows }, (_, i) => (i % length) * sections + Math.floor(i / length));
}

/** Orders of tensors whose rows follow each other: each by itself. */
export function oneByOne(orders: readonly Uint32Array[]): Uint32Array {
  let start = 0;
  return Uint32Array.from(orders.flatMap((order) => {
    const placed = Array.from(order, (row) => start + row);
    start += order.length;
    return placed;
  }));
}

/** Groups of sections of `sizes` rows, [q | k | v] of each head for one, to all of the first section, then all of the second, … */
export function bySection(groups: number, sizes: readonly number[]): Uint32Array {
  const order: number[] = [];
  for (let group = 0; group < groups; group++) {
    let start = 0;
    for (const size of sizes) {
      for (let i = 0; i < size; i++) order.push(start + group * size + i);
      start += groups * size;
    }
  }
  return Uint32Array.from(order);
}
