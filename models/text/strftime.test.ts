import { expect, test } from 'vitest';
import { strftime } from './strftime.ts';

const afternoon = new Date(2026, 2, 5, 14, 7, 9);

test.each([
  ['%d %B %Y', '05 March 2026'],
  ['%Y-%m-%d', '2026-03-05'],
  ['%A, %a %b %-d, %y', 'Thursday, Thu Mar 5, 26'],
  ['%H:%M:%S, %I:%M %p', '14:07:09, 02:07 PM'],
  ['100%% %Q', '100% %Q'],
])('%s gives %s', (format, expected) => {
  expect(strftime(afternoon, format)).toBe(expected);
});

test('midnight is twelve in the morning, and a lone zero is kept', () => {
  expect(strftime(new Date(2000, 0, 1), '%I %p %-H')).toBe('12 AM 0');
});
