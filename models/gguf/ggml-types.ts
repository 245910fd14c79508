/** How ggml stores the numbers of a row: `blockSize` of them in `blockBytes` bytes. */
export interface GgmlType {
  readonly name: string;
  readonly blockSize: number;
  readonly blockBytes: number;
}

const plain = (name: string, bytes: number): GgmlType => ({ name, blockSize: 1, blockBytes: bytes });
const blocks = (name: string, blockSize: number, blockBytes: number): GgmlType => ({ name, blockSize, blockBytes });

/**
 * The types that are read here, by their number in a GGUF file (`enum ggml_type` in ggml.h; sizes from ggml-common.h,
 * https://github.com/ggml-org/llama.cpp/tree/master/ggml).
 */
export const GGML_TYPES: ReadonlyMap<number, GgmlType> = new Map([
  [0, plain('F32', 4)],
  [1, plain('F16', 2)],
  [2, blocks('Q4_0', 32, 18)],
  [3, blocks('Q4_1', 32, 20)],
  [6, blocks('Q5_0', 32, 22)],
  [7, blocks('Q5_1', 32, 24)],
  [8, blocks('Q8_0', 32, 34)],
  [10, blocks('Q2_K', 256, 84)],
  [11, blocks('Q3_K', 256, 110)],
  [12, blocks('Q4_K', 256, 144)],
  [13, blocks('Q5_K', 256, 176)],
  [14, blocks('Q6_K', 256, 210)],
  [20, blocks('IQ4_NL', 32, 18)],
  [23, blocks('IQ4_XS', 256, 136)],
  [24, plain('I8', 1)],
  [25, plain('I16', 2)],
  [26, plain('I32', 4)],
  [27, plain('I64', 8)],
  [28, plain('F64', 8)],
  [30, plain('BF16', 2)],
  [39, blocks('MXFP4', 32, 17)],
  [40, blocks('NVFP4', 64, 36)],
]);

/** Names of types that are not read here, for the error that says so. */
const OTHERS: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [41, 'Q1_0'],
  [42, 'Q2_0'],
]);

/** The name of a type, be it read here or not. */
export const ggmlTypeName = (type: number): string => GGML_TYPES.get(type)?.name ?? OTHERS.get(type) ?? `ggml type ${type}`;

const known: ReadonlySet<string> = new Set([...GGML_TYPES.values()].map(({ name }) => name));

/** Whether this is the name of a type that is read here. */
export const isGgmlType = (name: string): boolean => known.has(name);
