import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { toolPages } from '../../scripts/tool-pages.mjs';
import { runCommand } from './run-command.ts';

// Each command starts a browser: seconds on a calm machine, much more on a busy one.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

// One file for all commands: they share dist-bench/, which is built once.
const root = join(import.meta.dirname, '../..');
const llama = join(root, 'tests/fixtures/arch/llama');
const stories = join(root, 'tests/fixtures/real/stories260K');
const KEYS = ['model', 'relRms', 'maxAbs', 'greedyMatched', 'greedyTotal', 'firstMismatchMargin', 'ms'];

let work: string;
let pages: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'commands-'));
  pages = await toolPages();
});
afterAll(() => rmSync(work, { recursive: true }));

/** A copy of the Llama fixture whose reference is passed through `damage`. */
function damaged(name: string, damage: (file: Buffer) => Uint8Array): string {
  const folder = join(work, name);
  cpSync(llama, folder, { recursive: true });
  const path = join(folder, 'expected.safetensors');
  writeFileSync(path, damage(readFileSync(path)));
  return folder;
}

function readSafetensors(path: string): Record<string, { dtype: string; shape: number[]; bytes: ArrayBuffer }> {
  const file = readFileSync(path);
  const data = 8 + Number(file.readBigUInt64LE());
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = JSON.parse(file.toString('utf8', 8, data));
  return Object.fromEntries(
    Object.entries(header).map(([name, { dtype, shape, data_offsets: [start, end] }]) => [name, { dtype, shape, bytes: Uint8Array.from(file.subarray(data + start, data + end)).buffer }]),
  );
}

test('eval compares folders, goes on after a bad one and says so in its exit code', async () => {
  const truncated = damaged('truncated', (file) => file.subarray(0, file.length - 100));
  const other = damaged('other', (file) => {
    const { logits } = JSON.parse(file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE())));
    const at = 8 + Number(file.readBigUInt64LE()) + logits.data_offsets[0];
    file.writeFloatLE(file.readFloatLE(at) + 0.5, at);
    return file;
  });
  const { code, stdout, stderr } = await runCommand('eval', [truncated, join(work, 'absent'), other, llama], { root });
  const lines = stdout.trim().split('\n').map((line) => JSON.parse(line));
  expect(lines.map(({ model }) => model)).toEqual([other.split('/').slice(-2).join('/'), 'arch/llama']);
  for (const line of lines) expect(Object.keys(line)).toEqual(KEYS);
  expect(lines[1]).toMatchObject({ greedyMatched: 24, greedyTotal: 24, firstMismatchMargin: null });
  expect(lines[1].relRms).toBeLessThan(1e-4);
  expect(lines[0].maxAbs).toBeCloseTo(0.5, 3);
  expect(stderr).toContain(`${other}: relRms is`);
  expect(stderr).toMatch(new RegExp(`^${truncated}: expected.safetensors: .*\\[checkpoint/`, 'm'));
  expect(stderr).toContain(`${join(work, 'absent')}: is no folder`);
  expect(code).toBe(1);
});

test('eval writes the logits and greedy tokens that it compared', async () => {
  const out = join(work, 'out.safetensors');
  const { code, stdout, stderr } = await runCommand('eval', [llama, '--chunk', '7', '--out', out], { root });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout).model).toBe('arch/llama');
  const { logits, greedy_ids: ids } = readSafetensors(out);
  const expected = readSafetensors(join(llama, 'expected.safetensors'));
  expect([logits.dtype, logits.shape]).toEqual(['F32', expected.logits.shape]);
  expect([ids.dtype, ids.shape]).toEqual(['I32', expected.greedy_ids.shape]);
  expect(new Int32Array(ids.bytes)).toEqual(new Int32Array(expected.greedy_ids.bytes));
  const reference = new Float32Array(expected.logits.bytes);
  expect(Math.max(...new Float32Array(logits.bytes).map((value, i) => Math.abs(value - reference[i])))).toBeLessThan(1e-4);
});

test('quantised weights and caches have no limit on their error, f16 storage has its own', async () => {
  const int8 = await runCommand('eval', [llama, '--quantize', 'int8', '--precision', 'f16'], { root });
  expect(int8).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(int8.stdout).relRms).toBeGreaterThan(5e-3);
  const int4 = await runCommand('eval', [llama, '--kv', 'int4'], { root });
  expect(int4).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(int4.stdout).relRms).toBeGreaterThan(5e-3);
});

test('generate writes the expected story', async () => {
  const { text }: { text: string } = JSON.parse(readFileSync(join(stories, 'expected-story.json'), 'utf8'));
  const { code, stdout, stderr } = await runCommand('generate', [stories, '--prompt', 'Once upon a time', '--max-tokens', '20', '--temperature', '0'], { root });
  expect(code).toBe(0);
  expect(text.startsWith(stdout.trimEnd())).toBe(true);
  expect(stdout.length).toBeGreaterThan('Once upon a time'.length + 20);
  expect(stderr).toMatch(/^20 tokens, [\d.]+ tokens\/s/);
});

test('generate without a model takes the one that comes with the page', async () => {
  const { code, stdout, stderr } = await runCommand('generate', ['--prompt', 'Once upon a', '--max-tokens', '1', '--temperature', '0'], { root });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Once upon a time\n' });
  expect(stderr).toContain('1 tokens');
});

test('generate streams, and Ctrl-C ends it', async () => {
  const prompt = 'Once upon a time';
  let stopped = false;
  const { code, stdout, stderr } = await runCommand('generate', [stories, '--prompt', prompt], {
    root,
    onStdout: (text, child) => {
      // Once: a second signal ends the process at once, whatever it is doing.
      if (stopped || text.length <= prompt.length) return;
      stopped = true;
      child.kill('SIGINT');
    },
  });
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  expect(stdout).toMatch(/^Once upon a time[^]+\n$/);
});

test('generate names the error of a model that cannot do what is asked', async () => {
  const { code, stdout, stderr } = await runCommand('generate', [stories, '--prompt', 'Hello', '--chat'], { root });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/no chat template.*\[generate\/prompt\]/);
});

/** A text of a few windows. */
function shortText(): string {
  const path = join(work, 'text.txt');
  writeFileSync(path, readFileSync(join(root, 'tests/fixtures/text/stories-held-out.txt'), 'utf8').slice(0, 400));
  return path;
}

test('perplexity depends on the weights and on the context, and a bad folder does not end it', async () => {
  const measure = async (...args: string[]): Promise<{ perplexity: number; tokens: number; loss: number; stride: number }> => {
    const { code, stdout, stderr } = await runCommand('perplexity', [stories, '--text', shortText(), '--precision', 'f32', ...args], { root });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  const [whole, short, int4] = [await measure(), await measure('--context', '16', '--stride', '8'), await measure('--quantize', 'int4')];
  expect(whole.tokens).toBeGreaterThan(100);
  expect(whole.perplexity).toBeCloseTo(Math.exp(whole.loss), 9);
  expect(whole.perplexity).toBeLessThan(6);
  expect(short.stride).toBe(8);
  expect(short.perplexity).toBeGreaterThan(1.05 * whole.perplexity);
  expect(int4.perplexity).toBeGreaterThan(1.01 * whole.perplexity);
  const { code, stdout, stderr } = await runCommand('perplexity', [join(work, 'absent'), llama, '--text', shortText()], { root });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`${join(work, 'absent')}: is no folder`);
  expect(stderr).toMatch(/arch\/llama: .*tokenizer.json.*\[generate\/prompt\]/);
});

test('quantize writes a folder with everything but the original weights', async () => {
  const out = join(work, 'new/int4');
  const { code, stdout } = await runCommand('quantize', [stories, '--to', 'int4', '--out', out], { root });
  expect(code).toBe(0);
  expect(stdout).toMatch(/15 matrices as int4, 15 matrices as int8; 0\.\d MB of 1\.0\n$/);
  expect(readdirSync(out).sort()).toEqual(readdirSync(stories).filter((file) => file !== 'expected.safetensors').sort());
  expect(readFileSync(join(out, 'tokenizer.json'))).toEqual(readFileSync(join(stories, 'tokenizer.json')));
  expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).quantization_config.format).toBe('pack-quantized');
  const { 'model.layers.0.self_attn.q_proj.weight_packed': packed, __metadata__: metadata } = headerOf(join(out, 'model.safetensors'));
  expect(packed).toMatchObject({ dtype: 'I32', shape: [64, 16] });
  expect(metadata).toEqual({ format: 'pt' });
  expect(readdirSync(join(work, 'new'))).toEqual(['int4']);

  const again = await runCommand('quantize', [stories, '--to', 'int4', '--out', out], { root });
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toContain('not empty; --force');
  writeFileSync(join(out, 'extra'), '');
  expect(await runCommand('quantize', [stories, '--to', 'fp8', '--out', out, '--force'], { root })).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(join(out, 'extra'))).toBe(false);
  expect(headerOf(join(out, 'model.safetensors'))['model.layers.0.mlp.down_proj.weight']).toMatchObject({ dtype: 'F8_E4M3', shape: [64, 172] });
  expect(readdirSync(join(work, 'new'))).toEqual(['int4']);
});

const headerOf = (path: string): Record<string, unknown> => {
  const file = readFileSync(path);
  return JSON.parse(file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE())));
};

test('quantize calibrates with a text', async () => {
  const out = join(work, 'calibrated');
  const { code, stdout } = await runCommand('quantize', [stories, '--to', 'int4', '--uniform', '--out', out, '--calibrate', shortText()], { root });
  expect(code).toBe(0);
  expect(stdout).toContain('30 matrices as int4');
  expect(headerOf(join(out, 'model.safetensors'))['model.layers.0.input_layernorm.weight']).toMatchObject({ dtype: 'F32', shape: [64] });
});

test('quantize that is stopped or fails leaves nothing', async () => {
  const folder = join(work, 'stopped');
  mkdirSync(folder);
  const long = join(work, 'long.txt');
  writeFileSync(long, readFileSync(join(root, 'tests/fixtures/text/stories-calibration.txt'), 'utf8').repeat(10));
  // The browser that reads the text has its profile in the folder for temporary files: when that is there, the command is at work.
  const temporary = join(work, 'temporary');
  mkdirSync(temporary);
  const stopped = await runCommand('quantize', [stories, '--to', 'int8', '--out', join(folder, 'out'), '--calibrate', long], {
    root,
    env: { TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    onStart: (child) => {
      const waiting = setInterval(() => {
        if (readdirSync(temporary).length === 0) return;
        clearInterval(waiting);
        child.kill('SIGINT');
      }, 50);
      child.on('close', () => clearInterval(waiting));
    },
  });
  expect(stopped).toMatchObject({ code: 130, stdout: '' });
  const failures: [string[], RegExp][] = [
    [[damagedWeights(folder), '--to', 'int8', '--out', join(folder, 'out')], /\[unpackable-weight\]/],
    [[join(root, 'tests/fixtures/arch/gpt2'), '--to', 'int8', '--out', join(folder, 'out')], /\[quantize\/unsupported-layout\]/],
    [[join(root, 'tests/fixtures/quant/llama-nvfp4'), '--to', 'int8', '--out', join(folder, 'out')], /\[quantize\/already-quantized\]/],
    [[join(folder, 'absent'), '--to', 'int8', '--out', join(folder, 'out')], /is no folder/],
    [[llama, '--to', 'int8', '--out', join(stories, 'config.json/out')], /ENOTDIR/],
    [[llama, '--to', 'int8', '--out', join(stories, 'config.json')], /is a file/],
    [[llama, '--to', 'int8', '--out', `${llama}/`, '--force'], /the folder that is read/],
    [[llama, '--to', 'int8', '--out', join(llama, 'out')], /inside the other/],
    [[llama, '--to', 'int8', '--out', join(folder, 'out'), '--calibrate', join(folder, 'absent.txt')], /ENOENT/],
  ];
  for (const [args, message] of failures) {
    const { code, stdout, stderr } = await runCommand('quantize', args, { root });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  }
  expect(readdirSync(folder)).toEqual(['damaged']);
  expect(readdirSync(llama).sort()).toEqual(['config.json', 'expected.safetensors', 'model.safetensors']);
});

/** stories260K with a weight that is no number in its last matrix. */
function damagedWeights(inside: string): string {
  const folder = join(inside, 'damaged');
  cpSync(stories, folder, { recursive: true });
  const path = join(folder, 'model.safetensors');
  const file = readFileSync(path);
  const data = 8 + Number(file.readBigUInt64LE());
  const header: Record<string, { data_offsets: [number, number] }> = JSON.parse(file.toString('utf8', 8, data));
  file.writeFloatLE(NaN, data + header['model.layers.4.self_attn.v_proj.weight'].data_offsets[0]);
  writeFileSync(path, file);
  return folder;
}

test('bench runs where there is nothing but scripts/, dist-bench/ and a Playwright', async () => {
  const host = join(work, 'host');
  cpSync(join(root, 'scripts'), join(host, 'scripts'), { recursive: true });
  cpSync(pages, join(host, 'dist-bench'), { recursive: true });
  const { code, stdout, stderr } = await runCommand('bench', ['--shape', 'tiny', '--context', '9', '--tokens', '5', '--prefill', '20', '--chunk', '16', '--kv', 'int8', '--profile'], {
    root: host,
    env: { SLUICE_PLAYWRIGHT: join(root, 'node_modules/playwright-core') },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^tiny, int4, KV cache int8, on .+$/m);
  expect(stdout).toMatch(/^decode +[\d.]+ tokens\/s from context 9, \d+ dispatches and 1 submits a token$/m);
  expect(stdout).toMatch(/^prefill +[\d.]+ tokens\/s for 20 tokens$/m);
  expect(stdout).toMatch(/^floor +[\d.]+ tokens\/s: .* GB\/s .* µs/m);
  expect(stdout).toMatch(/^memory +[\d.]+ MB$/m);
  expect(stdout).toMatch(/^1 token at position 9: [\d.]+ µs$[^]* linear-vector\/int4[^]*^16 tokens at position 0: [\d.]+ µs$[^]* linear-matrix\/int4/m);
});

test.each([
  ['eval', []],
  ['eval', [llama, '--chunk', '0']],
  ['eval', [llama, '--quantize', 'int5']],
  ['eval', [llama, '--precision', 'bf16']],
  ['eval', [llama, '--kv', 'fp8']],
  ['eval', [llama, stories, '--out', 'x']],
  ['eval', [llama, '--unknown']],
  ['generate', [stories]],
  ['generate', []],
  ['generate', ['./nowhere', '--prompt', 'x']],
  ['generate', [stories, '--prompt', 'x', '--seed', 'y']],
  ['bench', []],
  ['bench', ['--shape', 'tiny', '--prefill', '5,']],
  ['perplexity', [stories]],
  ['perplexity', ['--text', 'x']],
  ['perplexity', [stories, '--text', stories.concat('/config.json'), '--stride', '0']],
  // The model knows its context.
  ['perplexity', [stories, '--text', stories.concat('/CREDITS.md'), '--context', '64', '--stride', '64']],
  ['quantize', [stories, '--to', 'int4']],
  ['quantize', [stories, '--out', 'x']],
  ['quantize', ['--to', 'int4', '--out', 'x']],
  ['quantize', [stories, '--to', 'int3', '--out', 'x']],
  ['quantize', [stories, '--to', 'fp8', '--out', 'x', '--uniform']],
  ['quantize', [stories, '--to', 'fp8', '--out', 'x', '--embedding']],
  // The page knows the shapes.
  ['bench', ['--shape', 'huge']],
])('bad arguments end with the usage: %s %j', async (name, args) => {
  const { code, stdout, stderr } = await runCommand(name, args, { root });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`usage: npm run -s ${name} -- `);
});
