import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isObject } from '../../models/json/parse-json.ts';
import { parseHeader } from '../../models/safetensors/parse-header.ts';
import type { TensorInfo } from '../../models/safetensors/tensor-info.ts';
import { fp8ToNumber } from '../../shaders/dequant/reference.ts';
import { halfToNumber } from '../../shaders/common/half.ts';
import { firstDifference, storedModule, unpacked, type Contents, type StoredModule } from '../support/packed-modules.ts';

const folder = new URL('../fixtures/quant/', import.meta.url);

interface Fixture {
  readonly quantization: object;
  readonly tensors: ReadonlyMap<string, readonly [TensorInfo, DataView<ArrayBuffer>]>;
}

function readFixture(name: string): Fixture {
  const config: unknown = JSON.parse(readFileSync(new URL(`${name}/config.json`, folder), 'utf8'));
  if (!isObject(config) || !isObject(config.quantization_config)) throw new Error(`${name} is not packed`);
  const file = readFileSync(new URL(`${name}/model.safetensors`, folder));
  const header = Number(file.readBigUInt64LE(0));
  const infos = parseHeader('model.safetensors', file.subarray(8, 8 + header), file.length);
  return {
    quantization: config.quantization_config,
    tensors: new Map(infos.map((info) => [info.name, [info, new DataView(new Uint8Array(file.subarray(info.offset, info.offset + info.byteLength)).buffer)]])),
  };
}

/** The suffix that names a packed weight's codes. */
const CODES = /(\.qweight|\.weight_packed|_blocks|\.weight)$/;
const PLAIN = ['BF16', 'F16', 'F32'];

/** The raw numbers of a module's tensors, as weight-formats.md describes them, without regard for speed. */
class Raw {
  readonly name: string;
  readonly #fixture: Fixture;
  readonly #found = new Map<string, readonly [TensorInfo, DataView<ArrayBuffer>]>();

  constructor(name: string, fixture: Fixture) {
    this.name = name;
    this.#fixture = fixture;
  }

  shape(suffix: string): readonly number[] {
    return this.#tensor(suffix)[0].shape;
  }

  /** Element of a flat index. */
  at(suffix: string, i: number): number {
    const [{ dtype }, view] = this.#tensor(suffix);
    switch (dtype) {
      case 'I32':
        return view.getInt32(4 * i, true);
      case 'F32':
        return view.getFloat32(4 * i, true);
      case 'U8':
        return view.getUint8(i);
      case 'F16':
        return halfToNumber(view.getUint16(2 * i, true));
      case 'BF16':
        return new Float32Array(Uint32Array.of(view.getUint16(2 * i, true) << 16).buffer)[0];
      case 'F8_E4M3':
        return fp8ToNumber(view.getUint8(i));
      default:
        throw new Error(`no test for ${dtype}`);
    }
  }

  nibble(suffix: string, word: number, i: number): number {
    return (this.at(suffix, word) >>> (4 * i)) & 15;
  }

  #tensor(suffix: string): readonly [TensorInfo, DataView<ArrayBuffer>] {
    const known = this.#found.get(suffix);
    if (known) return known;
    const found = this.#fixture.tensors.get(this.name + suffix);
    if (!found) throw new Error(`${this.name}${suffix} is missing`);
    this.#found.set(suffix, found);
    return found;
  }
}

const FP4 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
const AWQ = [0, 2, 4, 6, 1, 3, 5, 7];

interface Decoder {
  readonly size: (raw: Raw) => readonly [rows: number, inputs: number];
  readonly weight: (raw: Raw, n: number, k: number, rows: number, inputs: number) => number;
}

const gptq = (version: number): Decoder => ({
  size: (raw) => [raw.shape('.qweight')[1], 8 * raw.shape('.qweight')[0]],
  weight: (raw, n, k, rows) => {
    const group = raw.at('.g_idx', k);
    const zero = raw.nibble('.qzeros', (group * rows) / 8 + (n >> 3), n & 7) + (version === 1 ? 1 : 0);
    return raw.at('.scales', group * rows + n) * (raw.nibble('.qweight', (k >> 3) * rows + n, k & 7) - zero);
  },
});

const fp8 = (scale: string, blocks: number): Decoder => ({
  size: (raw) => [raw.shape('.weight')[0], raw.shape('.weight')[1]],
  weight: (raw, n, k, _rows, inputs) => raw.at('.weight', n * inputs + k) * raw.at(scale, blocks === 1 ? n : Math.floor(n / blocks) * Math.ceil(inputs / blocks) + Math.floor(k / blocks)),
});

const DECODERS: Readonly<Record<string, Decoder>> = {
  'llama-gptq-g32': gptq(1),
  'llama-gptq-v2-g64': gptq(2),
  'qwen3_5-gptq-act-g32': gptq(1),
  'llama-awq-g32': {
    size: (raw) => [8 * raw.shape('.qweight')[1], raw.shape('.qweight')[0]],
    weight: (raw, n, k, rows) => {
      const group = Math.floor(k / 32);
      const zero = raw.nibble('.qzeros', (group * rows) / 8 + (n >> 3), AWQ.indexOf(n & 7));
      return raw.at('.scales', group * rows + n) * (raw.nibble('.qweight', (k * rows) / 8 + (n >> 3), AWQ.indexOf(n & 7)) - zero);
    },
  },
  'qwen3_5-ct-int4-g32': {
    size: (raw) => [raw.shape('.weight_packed')[0], 8 * raw.shape('.weight_packed')[1]],
    weight: (raw, n, k, _rows, inputs) => raw.at('.weight_scale', (n * inputs) / 32 + Math.floor(k / 32)) * (raw.nibble('.weight_packed', (n * inputs) / 8 + (k >> 3), k & 7) - 8),
  },
  'qwen3_5-ct-fp8': fp8('.weight_scale', 1),
  'qwen3_5-fp8-block': fp8('.weight_scale_inv', 128),
  'llama-nvfp4': {
    size: (raw) => [raw.shape('.weight_packed')[0], 2 * raw.shape('.weight_packed')[1]],
    // Dividing by the global scale and multiplying with its inverse differ in the last bit; the format's row has one factor.
    weight: (raw, n, k, _rows, inputs) => FP4[raw.nibble('.weight_packed', (n * inputs + k) >> 1, k & 1)] * Math.fround(raw.at('.weight_scale', (n * inputs) / 16 + Math.floor(k / 16)) * Math.fround(1 / raw.at('.weight_global_scale', 0))),
  },
  'gpt_oss-mxfp4': {
    size: (raw) => [raw.shape('_blocks')[0] * raw.shape('_blocks')[1], 32 * raw.shape('_blocks')[2]],
    weight: (raw, n, k, _rows, inputs) => FP4[raw.nibble('_blocks', (n * inputs + k) >> 1, k & 1)] * 2 ** (raw.at('_scales', (n * inputs) / 32 + Math.floor(k / 32)) - 127),
  },
};

/** The modules whose weights are packed. */
function packedModules(fixture: Fixture): string[] {
  return [...fixture.tensors.values()].flatMap(([{ name, dtype }]) => (CODES.test(name) && !PLAIN.includes(dtype) ? [name.replace(CODES, '')] : []));
}

function storedIn(fixture: Fixture, name: string, [rows, inputs]: readonly [number, number]): StoredModule {
  const contents = [...fixture.tensors].flatMap(([tensor, [{ dtype, shape }, view]]): [string, Contents][] => (tensor.startsWith(name) && /^[._]/.test(tensor.slice(name.length)) ? [[tensor.slice(name.length), [dtype, shape, view]]] : []));
  return storedModule(name, rows, inputs, Object.fromEntries(contents));
}

test('every packed fixture has a decoder here', () => {
  expect(readdirSync(folder).sort()).toEqual(Object.keys(DECODERS).sort());
});

describe.each(Object.entries(DECODERS))('%s', (name, { size, weight }) => {
  const fixture = readFixture(name);

  test('every module decodes to what its tensors say, bit for bit', () => {
    const modules = packedModules(fixture);
    expect(modules.length).toBeGreaterThan(3);
    for (const moduleName of modules) {
      const raw = new Raw(moduleName, fixture);
      const [rows, inputs] = size(raw);
      const expected = new Float32Array(rows * inputs);
      for (let n = 0; n < rows; n++) for (let k = 0; k < inputs; k++) expected[n * inputs + k] = weight(raw, n, k, rows, inputs);
      expect(expected.some((value) => value !== 0)).toBe(true);
      expect(firstDifference(unpacked(fixture.quantization, storedIn(fixture, moduleName, [rows, inputs])), expected), moduleName).toBe(-1);
    }
  });
});
