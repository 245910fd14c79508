import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { supportedModelTypes } from '../../models/architectures/registry.ts';
import { requestHandler, serve } from '../../scripts/serve.mjs';
import { convertCheckpoint } from '../support/gguf/convert-checkpoint.ts';
import { tinyModel } from '../support/gguf/tiny-models.ts';
import { writeGguf } from '../support/gguf/write-gguf.ts';
import { story } from './built-page.ts';
import { writeChatModel } from './chat-model.ts';
import { launchBrowser, openPage, storyText, textDone } from './open-page.ts';

// The scripts beside sluice.js, in a page of another origin than theirs, with the real engine. A server stands in for the host that
// they lie on, and for what can go wrong there.
let browser: Browser;
let chat: string;
let gguf: string;
let pages: string;
let scripts: { readonly server: Server; readonly url: string };
let host: Awaited<ReturnType<typeof serve>>;
let page: Page;
let complaints: string[];
/** Paths asked for. */
let asked: string[];
/** Which paths the server has lost, and which it never answers. */
let lost: RegExp | undefined;
let silent: RegExp | undefined;

beforeAll(async () => {
  chat = await writeChatModel();
  pages = await mkdtemp(join(tmpdir(), 'sluice-host-'));
  gguf = await mkdtemp(join(tmpdir(), 'sluice-gguf-'));
  await writeFile(join(gguf, 'tiny.gguf'), writeGguf(convertCheckpoint(tinyModel('llama', 1), 'Q4_K').gguf));
  const fixtures = (name: string): string => join(import.meta.dirname, '../fixtures', name);
  const files = requestHandler({ mounts: { '/': inject('site'), '/models/chatty/': chat, '/arch/': fixtures('arch'), '/quant/': fixtures('quant'), '/gguf/': gguf }, cors: true });
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (silent?.test(path)) return;
    if (lost?.test(path)) response.writeHead(404, { 'access-control-allow-origin': '*' }).end();
    else files(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  scripts = { server, url: `${origin}/` };
  // As the README says it.
  const policy = `default-src 'none'; script-src ${origin}; worker-src blob:; connect-src ${origin}; style-src 'unsafe-inline'; img-src data:`;
  await writeFile(join(pages, 'index.html'), `<!doctype html><html lang="en"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>Host</title><link rel="icon" href="data:,"><script type="module" src="${origin}/sluice.js"></script><sluice-chat autostart="off"></sluice-chat>`);
  host = await serve({ mounts: { '/': pages } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await host?.close();
  scripts?.server.closeAllConnections();
  scripts?.server.close();
  await Promise.all([chat, gguf, pages].map((folder) => rm(folder, { recursive: true })));
});
beforeEach(async () => {
  asked = [];
  lost = silent = undefined;
  ({ page, complaints } = await openPage(browser, host.url, (fresh) => fresh.addInitScript(() => localStorage.setItem('sluice-chat:settings', '{"maxTokens":8,"temperature":0}'))));
  await page.getByRole('button', { name: 'Load the model' }).waitFor();
});
afterEach(() => page.context().close());

/** Names of the scripts that were asked for. */
const neighbours = (): string[] => asked.filter((path) => path.startsWith('/sluice/')).map((path) => path.replace(/^\/sluice\/(.*)-[\w-]{8}\.js$/, '$1')).sort();

/** What the engine asks for by itself: models, what finds them, the operators of theirs that few have, and what reads or makes a format. */
const PARTS = new Set([...supportedModelTypes, 'engine', 'formats', 'jinja-template', 'kv-layouts', 'open-gguf', 'pack-rows', 'read-packing', 'uncommon']);

/** The same without those that come along because several of these share them. */
const needed = (): string[] => neighbours().filter((name) => PARTS.has(name) || name.startsWith('lower-'));

interface Storage {
  readonly quantize?: 'int8';
  readonly kvCache?: 'int8';
}

/** Loads as a program would: `loaded`, or the error's code and message. */
function load(source: string, { quantize, kvCache }: Storage = {}): Promise<string> {
  return page.evaluate(([from, choice, cache]) => {
    const element = document.querySelector('sluice-chat');
    if (!element) return 'no element';
    if (cache) element.setAttribute('kv-cache', cache);
    return element.load(from ?? '', choice === 'int8' ? choice : 'none').then(() => 'loaded', (error: unknown) => (error instanceof Error ? `${Reflect.get(error, 'code')}: ${error.message}` : 'thrown'));
  }, [source, quantize, kvCache]);
}

/** A chat's first answer is the story's next words, since the template adds nothing to a first message. */
async function chats(): Promise<void> {
  await page.getByText('What would you like to know?').waitFor();
  await page.getByRole('textbox', { name: /Write/ }).fill(story.prompt);
  await page.keyboard.press('Enter');
  await textDone(page);
  const answer = (await page.locator('[data-part=answer]').last().textContent()) ?? '';
  expect(answer.length).toBeGreaterThan(10);
  expect(story.text.startsWith(story.prompt + answer)).toBe(true);
}

/** What the browser itself says of a file that is not there. */
const ownComplaints = (): string[] => complaints.filter((text) => !/^Failed to load resource: .*404/.test(text));

test('a page fetches nothing beside sluice.js before a model is asked for, then only what that needs, and all of it works under the policy of the README', async () => {
  expect(neighbours()).toEqual([]);
  await page.getByRole('button', { name: 'Load the model' }).click();
  await textDone(page);
  expect(story.text.startsWith(await storyText(page))).toBe(true);
  expect(neighbours()).toEqual(['engine']);
  expect(await load(`${scripts.url}models/chatty/`)).toBe('loaded');
  await chats();
  expect(neighbours()).toEqual(['engine', 'jinja-template']);
  expect(await load(`${scripts.url}models/chatty/`, { quantize: 'int8' })).toBe('loaded');
  expect(needed()).toEqual(['engine', 'formats', 'jinja-template', 'pack-rows']);
  expect(await load(`${scripts.url}models/chatty/`, { kvCache: 'int8' })).toBe('loaded');
  expect(needed()).toEqual(['engine', 'formats', 'jinja-template', 'kv-layouts', 'pack-rows']);
  await chats();
  expect(complaints).toEqual([]);
});

test('models with a script of their own load, and those that share its operators', async () => {
  expect(await load(`${scripts.url}arch/gpt2/`)).toBe('loaded');
  expect(await load(`${scripts.url}arch/qwen3_5_text/`)).toBe('loaded');
  expect(needed()).toEqual(['engine', 'gpt2', 'lower-joint', 'lower-recurrent', 'qwen3_5_text', 'uncommon']);
  expect(await load(`${scripts.url}arch/qwen3_moe/`)).toBe('loaded');
  expect(needed()).toEqual(['engine', 'gpt2', 'lower-joint', 'lower-moe', 'lower-recurrent', 'qwen3_5_text', 'qwen3_moe', 'uncommon']);
  expect(complaints).toEqual([]);
});

test.each([
  ['a packed checkpoint', 'quant/llama-gptq-g32/', ['engine', 'formats', 'read-packing']],
  ['a packed mixture of experts', 'quant/gpt_oss-mxfp4/', ['engine', 'formats', 'gpt_oss', 'lower-moe', 'read-packing', 'uncommon']],
  ['a GGUF file', 'gguf/tiny.gguf', ['engine', 'formats', 'open-gguf']],
])('%s loads with the formats that it is packed in', async (_, model, scriptsOfIt) => {
  expect(await load(scripts.url + model)).toBe('loaded');
  expect(needed()).toEqual(scriptsOfIt);
  expect(complaints).toEqual([]);
});

/** The last column: which script the browser names. It is the one that was imported, not what that imports in turn. */
test.each([
  ['the template engine', 'jinja-template', 'models/chatty/', 'jinja-template'],
  ['a model’s script', 'gpt2', 'arch/gpt2/', 'gpt2'],
  ['the operators of a model', 'lower-recurrent', 'arch/qwen3_5_text/', 'lower-recurrent'],
  ['the operator of experts', 'lower-moe', 'arch/qwen3_moe/', 'lower-moe'],
  ['what reads packed weights', 'read-packing', 'quant/llama-gptq-g32/', 'read-packing'],
  ['the formats of packed weights', 'formats', 'quant/llama-gptq-g32/', 'read-packing'],
  ['what reads GGUF', 'open-gguf', 'gguf/tiny.gguf', 'open-gguf'],
])('%s: where it is missing the error names it before anything large is read, and a retry works', async (_, name, model, named) => {
  lost = new RegExp(`/sluice/${name}-`);
  const outcome = await load(scripts.url + model);
  expect(outcome).toMatch(/^module-load: The script /);
  expect(outcome).toContain(`${scripts.url}sluice/${named}-`);
  // A checkpoint says in its tokenizer's config that it has a template, which is read beside the weights' header.
  if (name !== 'jinja-template') expect(asked.filter((path) => /\.(?:safetensors|gguf)$/.test(path))).toEqual([]);
  expect(outcome).toContain('Access-Control-Allow-Origin');
  const notice = page.locator('[data-part=error]');
  expect(await notice.locator('.notice-title').textContent()).toBe('A part of Sluice did not come');

  lost = undefined;
  await page.evaluate(() => addEventListener('sluice-ready', () => { document.title = 'ready'; }));
  await notice.getByRole('button', { name: 'Try again' }).click();
  await expect.poll(() => page.title(), { timeout: 60_000 }).toBe('ready');
  if (name === 'jinja-template') await chats();
  expect(ownComplaints()).toEqual([]);
});

test('the engine is missing, as where only sluice.js was copied: the error names it, and a retry works', async () => {
  lost = /\/sluice\//;
  await page.getByRole('button', { name: 'Load the model' }).click();
  const notice = page.locator('[data-part=error]');
  await notice.getByText('Details').click();
  const details = (await notice.locator('.details').textContent()) ?? '';
  expect(details).toMatch(/^The script .*could not be loaded.*folder "sluice" beside sluice\.js/);
  expect(details).toContain(`${scripts.url}sluice/engine-`);
  lost = undefined;
  await notice.getByRole('button', { name: 'Try again' }).click();
  await textDone(page);
  expect(story.text.startsWith(await storyText(page))).toBe(true);
  expect(ownComplaints()).toEqual([]);
});

test('a dialog is fetched when it is first opened: where its script is missing a notice says so, and a retry opens it', async () => {
  lost = /\/sluice\//;
  await page.getByRole('button', { name: 'Settings' }).click();
  const notice = page.locator('[data-part=error]');
  await notice.getByText('A part of Sluice did not come').waitFor();
  lost = undefined;
  await notice.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('dialog', { name: 'Settings' }).waitFor();
  expect(neighbours()).toEqual(['dialogs', 'dialogs']);
  expect(ownComplaints()).toEqual([]);
});

test.each([['engine', 'models/stories260K/'], ['jinja-template', 'models/chatty/']])('%s does not arrive: the load can be cancelled, and the next one works', async (name, model) => {
  silent = new RegExp(`/sluice/${name}-`);
  const outcome = load(scripts.url + model);
  await expect.poll(neighbours, { timeout: 30_000 }).toContain(name);
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(await outcome).toMatch(/^20: /);
  await page.getByText('Loading was stopped').waitFor();
  silent = undefined;
  expect(await load(`${scripts.url}models/stories260K/`)).toBe('loaded');
  expect(complaints).toEqual([]);
});
