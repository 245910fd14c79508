import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BuiltPage, type Finished } from './built-page.ts';
import { writeChatModel } from './chat-model.ts';

// Branches on the real engine, of a model whose recurrent state cannot be cut: what it reads again would show in `cachedTokens`.
const FEW = 6;
let built: BuiltPage;
let hybrid: string;

beforeAll(async () => {
  hybrid = await writeChatModel('hybrid');
  built = await BuiltPage.open({ settings: { maxTokens: FEW, temperature: 0 }, mounts: { '/models/hybrid/': hybrid } });
});
afterAll(async () => {
  await built?.close();
  await rm(hybrid, { recursive: true });
});

const answers = (): Promise<string[]> => built.page.locator('[data-part=answer]').allTextContents();
const questions = (): Promise<string[]> => built.page.locator('[data-part=question]').allTextContents();
const press = (name: string, which = -1): Promise<void> => built.page.getByRole('button', { name, exact: true }).nth(which).click();

/** Tokens of a prompt that were read for this answer. */
const readAnew = ({ usage }: Finished): number => (usage?.promptTokens ?? NaN) - (usage?.cachedTokens ?? NaN);
/** Tokens of the conversation up to the end of an answer. */
const length = ({ usage }: Finished): number => (usage?.promptTokens ?? NaN) + (usage?.completionTokens ?? NaN);

test('trying again, branching, editing and undoing read nothing twice, in a hybrid', async () => {
  expect(await built.load(`${built.url}models/hybrid/`)).toBe('loaded');
  await built.page.getByText('What would you like to know?').waitFor();
  const first = await built.ask('Once upon a time');
  expect(first.usage?.cachedTokens).toBe(0);
  const second = await built.ask('Lily saw a dog.');
  // The newest token of an answer is always still to be read.
  expect(second.usage?.cachedTokens).toBe(length(first) - 1);
  const third = await built.ask('Then');
  expect(third.usage?.cachedTokens).toBe(length(second) - 1);
  const whole = await answers();

  // Again: only the last token of the prompt, and greedy as it is the same answer.
  const again = await built.press('Try again');
  expect(readAnew(again)).toBe(1);
  expect(await answers()).toEqual(whole);
  await built.page.getByRole('group', { name: 'Version 2 of 2' }).waitFor();

  // A branch after the first answer goes on from there.
  await press('Branch from here', 0);
  expect(await questions()).toEqual(['You: Once upon a time']);
  await built.page.locator('[data-part=draft]').getByRole('group', { name: 'Version 2 of 2' }).waitFor();
  const other = await built.ask('Lily saw a dog.');
  // The same question after the same answer: its prompt has been read before.
  expect(readAnew(other)).toBe(1);
  expect(await answers()).toEqual(whole.slice(0, 2));
  // Taken back, the branch is empty again.
  await press('Undo');
  await built.page.locator('[data-part=draft]').waitFor();
  const another = await built.ask('Tom ran.');
  expect(another.usage?.cachedTokens).toBe(length(first) - 1);
  expect(await questions()).toEqual(['You: Once upon a time', 'You: Tom ran.']);

  // The first branch is there as it was, and goes on from its end.
  await press('Previous version');
  expect(await answers()).toEqual(whole);
  expect(await built.page.evaluate(() => document.querySelector('sluice-chat')?.shadowRoot?.activeElement?.getAttribute('aria-label'))).toBe('Previous version');
  const fourth = await built.ask('The end');
  expect(fourth.usage?.cachedTokens).toBe(length(again) - 1);
  expect(await built.page.locator('[data-part=announcer] p').allTextContents()).toContain('Version 1 of 2.');

  // Taken back, and the message with it; edited, it follows on the same answer.
  await press('Undo');
  expect(await answers()).toEqual(whole);
  expect(await built.page.getByRole('textbox', { name: /Write/ }).inputValue()).toBe('The end');
  await press('Edit');
  expect(await built.page.getByRole('textbox', { name: /Write/ }).inputValue()).toBe('Then');
  const edited = await built.ask('And so');
  expect(edited.usage?.cachedTokens).toBe(length(second) - 1);
  await built.page.getByRole('group', { name: 'Version 3 of 3' }).waitFor();
  expect(built.complaints).toEqual([]);
});
