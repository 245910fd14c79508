import type { HubTensor } from './hub-checkpoint.ts';

/**
 * The tensors of a mixture of experts as `Qwen2MoeModel` and `GptOssModel` of the converter make them before they get their names: of all
 * experts together, [experts, rows, inputs] or biases [experts, rows], under `mlp.experts.{gate,up,down}_proj`. Others are left alone.
 */
export function stackExperts(tensors: readonly HubTensor[]): HubTensor[] {
  const stacks = new Map<string, HubTensor[]>();
  for (const tensor of tensors.flatMap(gptOssProjections)) {
    const name = tensor.name.replace(/\.experts\.\d+\./, '.experts.');
    stacks.set(name, [...(stacks.get(name) ?? []), tensor]);
  }
  return [...stacks].map(([name, experts]) => {
    const [first] = experts;
    if (first.name === name) return first;
    const values = new Float32Array(experts.length * first.values.length);
    experts.forEach((expert, i) => values.set(expert.values, i * first.values.length));
    return { name, shape: [experts.length, ...first.shape], values };
  });
}

/** gpt-oss has [experts, inputs, rows] on the Hub, with alternating rows of gate and up. */
function gptOssProjections(tensor: HubTensor): HubTensor[] {
  const [, prefix, projection, bias] = /^(.*\.experts\.)(gate_up|down)_proj(_bias)?$/.exec(tensor.name) ?? [];
  if (projection === undefined) return [tensor];
  const [experts] = tensor.shape;
  const [inputs, all] = bias === undefined ? tensor.shape.slice(1) : [1, tensor.shape[1]];
  const take = (name: string, start: number, stride: number): HubTensor => {
    const rows = all / stride;
    const values = new Float32Array(experts * rows * inputs).map((_, i) => {
      const [input, row, expert] = [i % inputs, Math.floor(i / inputs) % rows, Math.floor(i / inputs / rows)];
      return tensor.values[(expert * inputs + input) * all + start + row * stride];
    });
    return { name: `${prefix}${name}_proj.${bias === undefined ? 'weight' : 'bias'}`, shape: bias === undefined ? [experts, rows, inputs] : [experts, rows], values };
  };
  return projection === 'down' ? [take('down', 0, 1)] : [take('gate', 0, 2), take('up', 1, 2)];
}
