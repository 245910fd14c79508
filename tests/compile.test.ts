import { create, globals } from 'webgpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { allCases } from '../shaders/cases.ts';
import type { Target } from '../shaders/kernel.ts';

// CI's adapter has subgroups of one size, so every variant is also compiled by Dawn with no GPU behind it.
const TARGETS: readonly Target[] = [0, 4, 8, 16, 32, 64].map((subgroup) => ({ subgroup }));

// Dawn's instance must outlive its device, which does not keep it from being collected.
let gpu: GPU;
let device: GPUDevice;

beforeAll(async () => {
  Object.assign(globalThis, globals);
  gpu = create(['backend=null']);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('Dawn offers no null adapter');
  device = await adapter.requestDevice({ requiredFeatures: ['subgroups'] });
});

for (const [operator, cases] of Object.entries(allCases)) {
  describe(operator, () => {
    for (const kernelCase of cases) {
      test(kernelCase.name, async () => {
        const codes = new Map(TARGETS.flatMap((target) => kernelCase.kernels(target)).map((kernel) => [kernel.code, kernel]));
        for (const kernel of codes.values()) {
          const module = device.createShaderModule({ code: kernel.code });
          const { messages } = await module.getCompilationInfo();
          expect(messages.filter(({ type }) => type === 'error').map(({ lineNum, message }) => `${kernel.label}:${lineNum} ${message}`)).toEqual([]);
        }
      });
    }
  });
}
