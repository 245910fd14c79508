/**
 * Where llama.cpp has the rows of q and k of a Llama. The Hub rotates element i of a head with element i + d/2, llama.cpp
 * element 2i with 2i + 1; its converter moves the rows to suit (`LlamaModel.permute` in conversion/llama.py).
 *
 * @returns Of each of the Hub's [heads × headDim] rows its row in the file.
 */
export function interleavedHalves(heads: number, headDim: number): Uint32Array {
  const half = headDim / 2;
  return Uint32Array.from({ length: heads * headDim }, (_, row) => {
    const element = row % headDim;
    return row - element + (element < half ? 2 * element : 2 * (element - half) + 1);
  });
}

/**
 * Where llama.cpp has the value heads of Qwen3.5's linear attention. The Hub lists the value heads of the first key head,
 * then those of the second …; llama.cpp the first value head of every key head, then the second …
 * (`_LinearAttentionVReorderBase._reorder_v_heads` in conversion/qwen.py).
 *
 * @param before Rows in front of the values, which stay where they are.
 * @returns Of each of the Hub's [before + valueHeads × headDim] rows its row in the file.
 */
export function tiledHeads(keyHeads: number, valueHeads: number, headDim: number, before = 0): Uint32Array {
  const shared = valueHeads / keyHeads;
  return Uint32Array.from({ length: before + valueHeads * headDim }, (_, row) => {
    if (row < before) return row;
    const element = (row - before) % headDim;
    const head = Math.floor((row - before) / headDim);
    return before + ((head % shared) * keyHeads + Math.floor(head / shared)) * headDim + element;
  });
}

/** The permutation that undoes this one. */
export function inverse(permutation: Uint32Array): Uint32Array {
  const result = new Uint32Array(permutation.length);
  permutation.forEach((to, from) => (result[to] = from));
  return result;
}

/** A row order that is built when a tensor of this many rows (or columns) first asks for it: a damaged header may promise any number. */
export function lazyOrder(length: number, build: () => Uint32Array): (size: number | undefined) => Uint32Array | undefined {
  let order: Uint32Array | undefined;
  return (size) => (size === length ? (order ??= build()) : undefined);
}
