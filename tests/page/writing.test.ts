import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BuiltPage, story } from './built-page.ts';
import { writeChatModel } from './chat-model.ts';

// Everything that a reader can do with a text, on the real engine. The tests follow one another on one page.
const FEW = '10';
let built: BuiltPage;
let chat: string;

beforeAll(async () => {
  chat = await writeChatModel();
  built = await BuiltPage.open({ settings: { maxTokens: Number(FEW) }, mounts: { '/models/chatty/': chat } });
});
afterAll(async () => {
  await built?.close();
  await rm(chat, { recursive: true });
});
afterEach(() => expect(built.complaints, 'the console stays clean').toEqual([]));

test('a greedy story can be gone on with, and stays the story', async () => {
  await built.done();
  const first = await built.text();
  expect(story.text.startsWith(first)).toBe(true);
  const { usage } = await built.press('Continue');
  // Nothing is read but the newest token.
  expect(usage?.cachedTokens).toBe((usage?.promptTokens ?? NaN) - 1);
  const second = await built.text();
  expect(second.length).toBeGreaterThan(first.length);
  expect(story.text.startsWith(second)).toBe(true);
});

test('after a stop, what was on its way is told first, and nothing is read again', async () => {
  await built.set({ 'Longest answer': '60' });
  await built.page.evaluate(() => addEventListener('sluice-token', () => setTimeout(() => document.querySelector('sluice-chat')?.stop()), { once: true }));
  expect((await built.press('Continue')).finishReason).toBe('stopped');
  await built.set({ 'Longest answer': FEW });
  const { usage } = await built.press('Continue');
  expect(usage?.cachedTokens).toBe((usage?.promptTokens ?? NaN) - 1);
  expect(story.text.startsWith(await built.text())).toBe(true);
});

test('with a seed the same text is told twice, with another a different one', async () => {
  await built.set({ Temperature: '1', Seed: '7' });
  const { text } = await built.press('Try again');
  expect((await built.press('Try again')).text).toBe(text);
  await built.set({ Seed: '8' });
  expect((await built.press('Try again')).text).not.toBe(text);
  await built.set({ Seed: '7' });
  expect((await built.press('Try again')).text).toBe(text);
  expect(await built.page.locator('[data-part=story]').count()).toBe(1);
});

test('what was cleared comes back, and can be gone on with', async () => {
  await built.set({ Temperature: '0', Seed: '' });
  await built.press('Try again');
  const text = await built.text();
  await built.page.getByRole('button', { name: 'New conversation' }).click();
  await built.page.getByText('How does the story begin?').waitFor();
  expect(await built.page.locator('[data-part=story]').count()).toBe(0);
  await built.page.getByRole('button', { name: 'Undo' }).click();
  expect(await built.text()).toBe(text);
  await built.press('Continue');
  expect(story.text.startsWith(await built.text())).toBe(true);
});

test('a chat reads only what is new in its second turn, also after a stop', async () => {
  expect(await built.load(`${built.url}models/chatty/`)).toBe('loaded');
  await built.page.getByText('What would you like to know?').waitFor();
  const first = await built.ask('Once upon a time');
  expect(first.usage?.cachedTokens).toBe(0);
  expect(story.text.startsWith(`Once upon a time${first.text}`)).toBe(true);
  const second = await built.ask('Lily saw a dog.');
  // All that was read and said, but for the newest token, is in the state already.
  expect(second.usage?.cachedTokens).toBe((first.usage?.promptTokens ?? 0) + Number(FEW) - 1);
  expect(second.usage?.promptTokens).toBeGreaterThan((first.usage?.promptTokens ?? 0) + Number(FEW));
  expect(await built.page.locator('[data-part=question]').allTextContents()).toEqual(['You: Once upon a time', 'You: Lily saw a dog.']);

  await built.set({ 'Longest answer': '300' });
  await built.page.getByRole('textbox', { name: /Write/ }).fill('Tom ran.');
  await built.page.keyboard.press('Enter');
  const answer = built.page.locator('[data-part=answer]').nth(2);
  await expect.poll(async () => (await answer.textContent())?.length ?? 0, { timeout: 20_000 }).toBeGreaterThan(5);
  await built.page.keyboard.press('Escape');
  await built.done();
  const stopped = await answer.textContent();
  await built.set({ 'Longest answer': FEW });
  const next = await built.ask('Then');
  expect(next.usage?.completionTokens).toBeGreaterThan(0);
  expect(next.usage?.cachedTokens).toBeGreaterThan(second.usage?.promptTokens ?? Infinity);
  expect(await answer.textContent()).toBe(stopped);
});
