import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bareWgsl } from './bare-wgsl.mjs';
import { ROOT } from './paths.mjs';

/** Words, numbers, and operators as long as they can be (WGSL, section 3.6), each with its line. */
function tokens(source: string): string[] {
  return source.split('\n').flatMap((line, number) => Array.from(line.replace(/\/\/.*/, '').matchAll(/[\w.]+|<<=|>>=|[-+*/%&|^<>=!]=|&&|\|\||<<|>>|->|\+\+|--|[^\s\w]/g), ([token]) => `${number}: ${token}`));
}

test('every shader keeps its tokens and its lines', () => {
  const files = readdirSync(join(ROOT, 'shaders'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.wgsl'));
  expect(files.length).toBeGreaterThan(60);
  for (const file of files) {
    const source = readFileSync(join(ROOT, 'shaders', file), 'utf8');
    expect(source, `${file} holds a block comment, which bareWgsl does not know`).not.toContain('/*');
    const bare = bareWgsl(source);
    expect(tokens(bare), file).toEqual(tokens(source));
    expect(bare.length, file).toBeLessThanOrEqual(source.length);
  }
});

test('what may not touch stays apart', () => {
  expect(bareWgsl('  let a: array<u32, 4> = f(x) - -y / *p; // why\n\nlet b = vec2f( 1.0, 2.0 );')).toBe('let a:array<u32,4> = f(x)- -y / *p;\n\nlet b=vec2f(1.0,2.0);');
  expect(bareWgsl('if a < b && !c { x += a >> 2u; y = a - b; }')).toBe('if a<b && !c{x+=a>>2u;y=a-b;}');
});
