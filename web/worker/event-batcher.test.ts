import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GenerateEvent } from '../../engine/schedule/generate-event.ts';
import { EventBatcher } from './event-batcher.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const delta = (text: string, id: number): GenerateEvent => ({ type: 'text-delta', text, tokenIds: [id] });

test('the first text goes out at once, what follows within the interval is joined, nothing is lost', () => {
  const sent: (readonly GenerateEvent[])[] = [];
  const batcher = new EventBatcher((events) => sent.push(events), 20);
  batcher.push({ type: 'text-start', promptTokens: 3, cachedTokens: 0 });
  batcher.push(delta('a', 1));
  expect(sent).toHaveLength(2);
  batcher.push(delta('b', 2));
  batcher.push(delta('c', 3));
  expect(sent).toHaveLength(2);
  vi.advanceTimersByTime(20);
  expect(sent[2]).toEqual([{ type: 'text-delta', text: 'bc', tokenIds: [2, 3] }]);
});

test('the end takes what is waiting with it', () => {
  const sent: (readonly GenerateEvent[])[] = [];
  const batcher = new EventBatcher((events) => sent.push(events), 1000);
  const end: GenerateEvent = { type: 'text-end', finishReason: 'length', usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 2, timeToFirstTokenMs: 1, tokensPerSecond: 1 } };
  for (const event of [delta('a', 1), delta('b', 2), end]) batcher.push(event);
  expect(sent).toEqual([[delta('a', 1)], [delta('b', 2), end]]);
});
