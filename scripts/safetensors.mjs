/**
 * @typedef {object} WrittenTensor
 * @property {'F32' | 'I32'} dtype
 * @property {readonly number[]} shape
 * @property {Float32Array | Int32Array} values
 */

/**
 * The bytes of a safetensors file (https://huggingface.co/docs/safetensors): length of the header, header padded to a multiple of 8, tensors.
 * @param {Readonly<Record<string, WrittenTensor>>} tensors by name
 */
export function safetensors(tensors) {
  let end = 0;
  const header = Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape, values }]) => [name, { dtype, shape, data_offsets: [end, (end += values.byteLength)] }]));
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const data = Object.values(tensors).map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return Buffer.concat([length, padded, ...data]);
}
