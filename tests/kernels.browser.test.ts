import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allCases } from '../shaders/cases.ts';
import type { KernelCase } from '../shaders/kernel-case.ts';
import type { Target } from '../shaders/kernel.ts';
import { relativeError, runCase } from './gpu/run-case.ts';

let device: GPUDevice;
let targets: Target[];

beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('no WebGPU adapter: the kernels cannot be tested');
  const subgroup = adapter.features.has('subgroups') ? (adapter.info.subgroupMinSize ?? 0) : 0;
  device = await adapter.requestDevice({ requiredFeatures: subgroup ? ['subgroups'] : [] });
  // Each kernel runs on the most capable and on the least capable target that this adapter can be.
  targets = subgroup ? [{ subgroup }, { subgroup: 0 }] : [{ subgroup: 0 }];
});
afterAll(() => device?.destroy());

function targetsOf({ team }: KernelCase): readonly Target[] {
  if (team === undefined || targets.length === 1) return targets;
  return targets.filter(({ subgroup }) => (subgroup > 0) === (team === 'subgroup'));
}

for (const [operator, cases] of Object.entries(allCases)) {
  describe(operator, () => {
    for (const kernelCase of cases) {
      test(kernelCase.name, async () => {
        const seen = new Set<string>();
        for (const target of targetsOf(kernelCase)) {
          const key = kernelCase.kernels(target).map((kernel) => kernel.code).join();
          if (seen.has(key)) continue;
          seen.add(key);
          device.pushErrorScope('validation');
          const { actual, expected } = await runCase(device, target, kernelCase);
          expect(await device.popErrorScope(), 'validation error').toBeNull();
          for (const name of Object.keys(expected)) {
            expect(relativeError(name, actual[name], expected[name]), `${name} on ${JSON.stringify(target)}`).toBeLessThanOrEqual(kernelCase.tolerance);
          }
        }
      });
    }
  });
}
