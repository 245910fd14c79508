import { expect, test } from 'vitest';
import { Fingerprint } from './fingerprint.ts';

const bytes = (length: number, change = -1): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i === change ? 1 : 0)) % 256);
const A = { name: 'a', dtype: 'BF16', shape: [4, 100] };
const B = { name: 'b', dtype: 'F32', shape: [2] };

function of(tensors: readonly (readonly [typeof A, Uint8Array])[], config: Record<string, unknown> = { x: 1 }): Promise<string> {
  const fingerprint = new Fingerprint();
  for (const [tensor, content] of tensors) fingerprint.add(tensor, content);
  return fingerprint.digest(config);
}

test('a checkpoint is known again in another order, and told from others', async () => {
  const known = await of([[A, bytes(800)], [B, bytes(8)]]);
  expect(known).toMatch(/^[\da-f]{64}$/);
  expect(await of([[B, bytes(8)], [A, bytes(800)]])).toBe(known);
  const others = await Promise.all([
    of([[A, bytes(800, 0)], [B, bytes(8)]]),
    of([[A, bytes(800, 799)], [B, bytes(8)]]),
    of([[A, bytes(800)], [B, bytes(8, 7)]]),
    of([[A, bytes(800)]]),
    of([[{ ...A, shape: [100, 4] }, bytes(800)], [B, bytes(8)]]),
    of([[{ ...A, dtype: 'F16' }, bytes(800)], [B, bytes(8)]]),
    of([[A, bytes(800)], [B, bytes(8)]], { x: 2 }),
  ]);
  expect(new Set([known, ...others]).size).toBe(8);
});
