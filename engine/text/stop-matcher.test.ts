import { describe, expect, test } from 'vitest';
import { uniform } from '../../shaders/random.ts';
import { StopMatcher } from './stop-matcher.ts';

function run(stops: readonly string[], pushes: readonly string[]): { emitted: string; stopped: boolean } {
  const matcher = new StopMatcher(stops);
  const emitted = pushes.map((text) => matcher.push(text).text).join('') + matcher.flush();
  return { emitted, stopped: matcher.stopped };
}

describe('single cases', () => {
  test('without stop strings everything passes at once', () => {
    expect(new StopMatcher([]).push('abc')).toEqual({ text: 'abc', stopped: false });
  });

  test('a stop string may straddle pushes, and only its possible beginning is held back', () => {
    const matcher = new StopMatcher(['</s>']);
    expect(matcher.push('a<')).toEqual({ text: 'a', stopped: false });
    expect(matcher.push('<')).toEqual({ text: '<', stopped: false });
    expect(matcher.push('/s')).toEqual({ text: '', stopped: false });
    expect(matcher.push('>b')).toEqual({ text: '', stopped: true });
    expect(matcher.push('c')).toEqual({ text: '', stopped: true });
    expect(matcher.flush()).toBe('');
  });

  test('what was held back comes out where it turns out to be text', () => {
    expect(run(['aab'], ['a', 'a', 'a', 'c'])).toEqual({ emitted: 'aaac', stopped: false });
    expect(run(['aab'], ['a', 'a'])).toEqual({ emitted: 'aa', stopped: false });
  });

  test('the earliest start wins, also over one that is complete sooner', () => {
    expect(run(['abcd', 'bc'], ['abc', 'd'])).toEqual({ emitted: '', stopped: true });
    expect(run(['abcd', 'bc'], ['abc', 'x'])).toEqual({ emitted: 'a', stopped: true });
  });

  test('flush decides what was waiting', () => {
    const matcher = new StopMatcher(['abcd', 'bc']);
    expect(matcher.push('abc')).toEqual({ text: '', stopped: false });
    expect(matcher.flush()).toBe('a');
    expect(matcher.stopped).toBe(true);
  });

  test('a stop string that begins another ends the text at once', () => {
    expect(new StopMatcher(['ab', 'abc']).push('xab')).toEqual({ text: 'x', stopped: true });
  });
});

/** The first place where any stop string occurs, or -1. */
function naiveStart(text: string, stops: readonly string[]): number {
  const starts = stops.map((stop) => text.indexOf(stop)).filter((start) => start !== -1);
  return starts.length === 0 ? -1 : Math.min(...starts);
}

/** How much of an unfinished text must be held back: from the first place on at which a stop string may have begun. */
function naiveHeldFrom(text: string, stops: readonly string[]): number {
  for (let start = 0; start < text.length; start += 1) {
    if (stops.some((stop) => stop.startsWith(text.slice(start)))) return start;
  }
  return text.length;
}

test('over random texts, stop strings and splits it does what a search of the whole text does', () => {
  const next = uniform(5);
  const word = (least: number, most: number): string =>
    Array.from({ length: least + Math.floor(next() * (most - least + 1)) }, () => 'abc'[Math.floor(next() * 3)]).join('');
  let stoppedRuns = 0;
  for (let round = 0; round < 6_000; round += 1) {
    const stops = next() < 0.2 ? ['ab', 'abc', 'bcd'] : Array.from({ length: 1 + Math.floor(next() * 3) }, () => word(1, 5));
    const text = word(0, 24);
    const matcher = new StopMatcher(stops);
    let emitted = '';
    let read = 0;
    while (read < text.length && !matcher.stopped) {
      const size = Math.floor(next() * 5);
      emitted += matcher.push(text.slice(read, read + size)).text;
      read = Math.min(text.length, read + size);
      if (!matcher.stopped && naiveStart(text.slice(0, read), stops) === -1) expect(emitted.length).toBe(naiveHeldFrom(text.slice(0, read), stops));
    }
    emitted += matcher.flush();
    const start = naiveStart(text, stops);
    if (start !== -1) stoppedRuns += 1;
    expect({ stops, text, emitted, stopped: matcher.stopped }).toEqual({ stops, text, emitted: start === -1 ? text : text.slice(0, start), stopped: start !== -1 });
  }
  expect(stoppedRuns).toBeGreaterThan(1_500);
});
