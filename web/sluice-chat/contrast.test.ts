import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Light and dark value of each colour that a stylesheet declares as `light-dark(…)`. */
function palette(text: string): Map<string, readonly [string, string]> {
  return new Map(Array.from(text.matchAll(/--_?([\w-]+):.*?light-dark\((#[\da-f]{6}), (#[\da-f]{6})\)/g), ([, name = '', light = '', dark = '']) => [name, [light, dark]]));
}

const channels = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** Relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const TEXT = 4.5;
const SHAPE = 3;

test.each([
  ['./styles/base.css', [['text', 'background', TEXT], ['text', 'raised', TEXT], ['muted', 'background', TEXT], ['muted', 'raised', TEXT], ['accent', 'background', TEXT], ['on-accent', 'accent', TEXT], ['danger', 'background', TEXT]]],
  ['../page.css', [['text', 'page', TEXT], ['muted', 'page', TEXT], ['text', 'surface', TEXT], ['accent', 'page', SHAPE]]],
] as const)('%s: text can be read in light and in dark', (file, pairs) => {
  const colours = palette(css(file));
  for (const [front, back, least] of pairs) {
    for (const theme of [0, 1] as const) {
      const ratio = contrast(channels(colours.get(front)?.[theme] ?? ''), channels(colours.get(back)?.[theme] ?? ''));
      expect(ratio, `${front} on ${back}, ${theme === 0 ? 'light' : 'dark'}`).toBeGreaterThanOrEqual(least);
    }
  }
});

test('the edges of fields stand out from what is behind them', () => {
  const colours = palette(css('./styles/base.css'));
  const shares = [...(css('./styles/controls.css') + css('./styles/foot.css')).matchAll(/color-mix\(in srgb, var\(--_muted\) (\d+)%, var\(--_border\)\)/g)].map(([, percent]) => Number(percent) / 100);
  expect(shares).toHaveLength(2);
  for (const share of shares) {
    for (const theme of [0, 1] as const) {
      const [muted, border, background] = ['muted', 'border', 'background'].map((name) => channels(colours.get(name)?.[theme] ?? ''));
      const edge = (muted ?? []).map((value, channel) => share * value + (1 - share) * (border?.[channel] ?? NaN));
      expect(contrast(edge, background ?? []), theme === 0 ? 'light' : 'dark').toBeGreaterThanOrEqual(SHAPE);
    }
  }
});
