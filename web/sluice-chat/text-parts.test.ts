import { expect, test } from 'vitest';
import { splitThinking } from './answer-view.ts';
import { formatBytes, formatSource, formatTimeLeft } from './format.ts';
import { splitBlocks } from './markdown.ts';
import { SentenceCutter } from './sentences.ts';
import { parseSettings } from './settings-store.ts';
import { adviseOn } from './unsupported.ts';

test('blocks: an open fence swallows empty lines, a list ends a paragraph', () => {
  expect(splitBlocks('# Title\nText\n- one\n- two\n\n```js\na\n\nb')).toEqual(['# Title', 'Text', '- one\n- two', '```js\na\n\nb']);
  expect(splitBlocks('```\nx\n```\nafter')).toEqual(['```\nx\n```', 'after']);
});

test('sentences are given whole, the rest at the end', () => {
  const cutter = new SentenceCutter();
  expect(cutter.push('She said, "Hel')).toBe('');
  expect(cutter.push('lo." Then she')).toBe('She said, "Hello."');
  expect(cutter.push(' left')).toBe('');
  expect(cutter.flush()).toBe('Then she left');
  expect(cutter.flush()).toBe('');
});

test('thoughts are split from the answer, whether or not the prompt opened them', () => {
  expect(splitThinking('<think>\nhm\n</think>\n\nYes')).toEqual({ thought: 'hm', answer: 'Yes', thinking: false });
  expect(splitThinking('hm</think>Yes')).toEqual({ thought: 'hm', answer: 'Yes', thinking: false });
  expect(splitThinking('<think>hm')).toEqual({ thought: 'hm', answer: '', thinking: true });
  expect(splitThinking('1 < 2')).toEqual({ thought: '', answer: '1 < 2', thinking: false });
});

test('stored settings are believed only within their limits', () => {
  expect(parseSettings({ temperature: 0.5, topP: 7, seed: '3', stop: ['', 'END', 4], unknown: 1 })).toEqual({ temperature: 0.5, stop: ['END'] });
  expect(parseSettings(null)).toEqual({});
});

test('figures and names read well', () => {
  expect([formatBytes(0), formatBytes(999), formatBytes(1500), formatBytes(1.5e9), formatBytes(62e6)]).toEqual(['0 B', '999 B', '1.5 kB', '1.5 GB', '62 MB']);
  expect([formatTimeLeft(2), formatTimeLeft(31), formatTimeLeft(130)]).toEqual(['a few seconds', 'about 35 s', 'about 2 min']);
  expect([formatSource('a/b'), formatSource('https://x.org/models/tiny/'), formatSource({ hub: 'c/d' })]).toEqual(['a/b', 'tiny', 'c/d']);
});

test('advice begins with the browser in use', () => {
  expect(adviseOn('no-webgpu', 'Mozilla/5.0 Gecko/20100101 Firefox/140.0').steps[0]).toMatch(/^Firefox/);
  expect(adviseOn('no-webgpu', 'Mozilla/5.0 AppleWebKit/605 Version/17.4 Safari/605').steps[0]).toMatch(/^Safari/);
  expect(adviseOn('insecure-context', '').reason).toMatch(/https/);
});
