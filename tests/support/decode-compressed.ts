import type { WrittenTensor } from './write-safetensors.ts';

/** Tensors of a checkpoint in the format of compressed-tensors, with every packed matrix as the f32 tensor `<module>.weight` that it stands for. */
export function decodeCompressed(tensors: readonly WrittenTensor[]): WrittenTensor[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const get = (name: string): WrittenTensor => {
    const tensor = byName.get(name);
    if (!tensor) throw new Error(`there is no ${name}`);
    return tensor;
  };
  return tensors.flatMap((tensor) => {
    const { name, dtype } = tensor;
    if (/\.weight_(scale|shape)$/.test(name)) return [];
    if (name.endsWith('.weight_packed')) {
      const module = name.slice(0, -'.weight_packed'.length);
      return [matrix(module, decodePacked(tensor, get(`${module}.weight_scale`), get(`${module}.weight_shape`)))];
    }
    if (dtype === 'F8_E4M3') return [matrix(name.slice(0, -'.weight'.length), decodeFloat(tensor, get(`${name}_scale`)))];
    return [tensor];
  });
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: number[];
}

const matrix = (module: string, { rows, columns, values }: Matrix): WrittenTensor => ({ name: `${module}.weight`, dtype: 'F32', shape: [rows, columns], bytes: new Uint8Array(Float32Array.from(values).buffer) });

/** `pack-quantized`: element i of a word is its bits from i · width on, stored q + 2^(width − 1); w = s · q. */
function decodePacked(packed: WrittenTensor, scale: WrittenTensor, shape: WrittenTensor): Matrix {
  if (packed.dtype !== 'I32' || scale.dtype !== 'BF16' || shape.dtype !== 'I64') throw new Error(`${packed.name} has other types than pack-quantized`);
  const sizes = new BigInt64Array(shape.bytes.slice().buffer);
  const [rows, columns] = [Number(sizes[0]), Number(sizes[1])];
  const width = (32 * packed.shape[1]) / columns;
  const words = new DataView(packed.bytes.buffer, packed.bytes.byteOffset);
  const groups = scale.shape[1];
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < columns; k++) {
      const perWord = 32 / width;
      const word = words.getUint32(4 * (row * packed.shape[1] + Math.floor(k / perWord)), true);
      const stored = (word >>> (width * (k % perWord))) % 2 ** width;
      values.push(bf16(scale.bytes, row * groups + Math.floor((k * groups) / columns)) * (stored - 2 ** (width - 1)));
    }
  }
  return { rows, columns, values };
}

/** `float-quantized` by channel: w = q · s. */
function decodeFloat({ bytes, shape: [rows, columns] }: WrittenTensor, scale: WrittenTensor): Matrix {
  if (scale.dtype !== 'F32' || scale.shape[0] !== rows || scale.shape[1] !== 1) throw new Error(`${scale.name} is no f32 scale a row`);
  const scales = new DataView(scale.bytes.buffer, scale.bytes.byteOffset);
  return { rows, columns, values: [...bytes].map((byte, i) => e4m3(byte) * scales.getFloat32(4 * Math.floor(i / columns), true)) };
}

function bf16(bytes: Uint8Array, index: number): number {
  return new DataView(Uint8Array.of(0, 0, bytes[2 * index], bytes[2 * index + 1]).buffer).getFloat32(0, true);
}

/** E4M3FN: bias 7, no infinities. */
function e4m3(byte: number): number {
  const exponent = Math.floor((byte % 128) / 8);
  const fraction = byte % 8;
  const magnitude = exponent === 0 ? fraction * 2 ** -9 : (1 + fraction / 8) * 2 ** (exponent - 7);
  return byte >= 128 ? -magnitude : magnitude;
}
