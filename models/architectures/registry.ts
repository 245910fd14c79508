import { importChannel, importChunk, importDifferential, importHedgehog, importJoint, importLatent, importMemories, importMoe, importRecurrent, importRwkv, importScan, importSlots } from '../../engine/program/uncommon.ts';
import type { RegisteredArchitecture } from './architecture.ts';
import type * as Liger from './liger.ts';
import { LLAMA_FAMILY } from './llama-family.ts';

/** What has a forward pass of its own is a script of its own, by `model_type` in config.json. */
export const ARCHITECTURES: Readonly<Record<string, () => Promise<RegisteredArchitecture>>> = {
  bamba: async () => (await together(import('./bamba.ts'), importRecurrent())).bamba,
  delta_net: async () => (await together(import('./delta_net.ts'), importRecurrent())).deltaNetModel,
  falcon_h1: async () => (await together(import('./falcon_h1.ts'), importRecurrent())).falconH1,
  gam: async () => (await together(import('./gam.ts'), importJoint(), importRecurrent())).gam,
  gated_deltanet: async () => (await together(import('./gated_deltanet.ts'), importRecurrent())).gatedDeltaNet,
  gemma3,
  gemma3_text: gemma3,
  gla: async () => (await together(import('./gla.ts'), importRecurrent(), importChannel())).gla,
  gpt2: async () => (await together(import('./gpt2.ts'), importJoint())).gpt2,
  gpt_oss: async () => (await together(import('./gpt_oss.ts'), importMoe())).gptOss,
  granitemoehybrid: async () => (await together(import('./granitemoehybrid.ts'), importRecurrent(), importMoe())).graniteMoeHybrid,
  gsa: async () => (await together(import('./gsa.ts'), importJoint(), importRecurrent(), importChannel(), importSlots())).gsa,
  hgrn: async () => (await together(import('./hgrn.ts'), importRecurrent(), importScan())).hgrn,
  hgrn2: async () => (await together(import('./hgrn2.ts'), importRecurrent(), importChannel())).hgrn2,
  jamba: async () => (await together(import('./jamba.ts'), importRecurrent(), importScan(), importMoe())).jamba,
  kda: async () => (await together(import('./kda.ts'), importRecurrent(), importChannel())).kda,
  kimi_linear: async () => (await together(import('./kimi_linear.ts'), importRecurrent(), importChannel(), importLatent(), importMoe())).kimiLinear,
  lfm2,
  'lfm2-vl': lfm2,
  lfm2_moe: async () => (await together(import('./lfm2_moe.ts'), importRecurrent(), importMoe())).lfm2Moe,
  lfm2_vl: lfm2,
  mamba2: async () => (await together(import('./mamba2.ts'), importRecurrent())).mamba2,
  liger_gla: async () => (await liger()).ligerGla,
  liger_gsa: async () => (await together(liger(), importSlots())).ligerGsa,
  liger_hgrn2: async () => (await liger()).ligerHgrn2,
  liger_qwen2_gla: async () => (await liger()).ligerQwen2Gla,
  lizard: async () => (await together(import('./lizard.ts'), importHedgehog(), importRecurrent())).lizard,
  minimax,
  minimax_m1: minimax,
  minimax_text_01: minimax,
  olmo_hybrid: async () => (await together(import('./olmo_hybrid.ts'), importRecurrent())).olmoHybrid,
  mom: async () => (await together(import('./mom.ts'), importRecurrent(), importRwkv(), importMemories())).mom,
  nemotron_h: async () => (await together(import('./nemotron_h.ts'), importRecurrent(), importMoe())).nemotronH,
  phi4flash: async () => (await together(import('./phi4flash.ts'), importDifferential(), importJoint(), importRecurrent(), importScan())).phi4flash,
  qwen3_5,
  qwen3_5_moe: qwen3_5Moe,
  qwen3_5_moe_text: qwen3_5Moe,
  qwen3_5_text: qwen3_5,
  qwen3_moe: async () => (await together(import('./qwen3_moe.ts'), importMoe())).qwen3Moe,
  rat: async () => (await together(import('./rat.ts'), importChunk(), importRecurrent())).rat,
  recurrent_gemma: async () => (await together(import('./recurrent_gemma.ts'), importRecurrent(), importScan())).recurrentGemma,
  qwen3_next: async () => (await together(import('./qwen3_next.ts'), importRecurrent(), importMoe())).qwen3Next,
  rwkv7: async () => (await together(import('./rwkv7.ts'), importRecurrent(), importChannel(), importJoint(), importRwkv())).rwkv7,
  retnet: async () => (await together(import('./retnet.ts'), importRecurrent())).retnet,
  xlstm: async () => (await together(import('./xlstm.ts'), importRecurrent(), importScan())).xlstm,
  zamba2: async () => (await together(import('./zamba2.ts'), importJoint(), importRecurrent())).zamba2,
};

async function gemma3(): Promise<RegisteredArchitecture> {
  return (await import('./gemma3_text.ts')).gemma3;
}

async function lfm2(): Promise<RegisteredArchitecture> {
  return (await together(import('./lfm2.ts'), importRecurrent())).lfm2;
}

async function liger(): Promise<typeof Liger> {
  return together(import('./liger.ts'), importChannel(), importJoint(), importRecurrent());
}

async function minimax(): Promise<RegisteredArchitecture> {
  return (await together(import('./minimax.ts'), importJoint(), importRecurrent(), importMoe())).minimax;
}

async function qwen3_5(): Promise<RegisteredArchitecture> {
  return (await together(import('./qwen3_5_text.ts'), importRecurrent())).qwen3_5;
}

async function qwen3_5Moe(): Promise<RegisteredArchitecture> {
  return (await together(import('./qwen3_5_moe_text.ts'), importRecurrent(), importMoe())).qwen3_5Moe;
}

/** A model's operators are scripts too: they come along, so that none is found missing when the weights are there. */
async function together<T>(model: Promise<T>, ...operators: Promise<unknown>[]): Promise<T> {
  const [module] = await Promise.all([model, ...operators]);
  return module;
}

/** Every `model_type` that can be loaded, in alphabetical order. */
export const supportedModelTypes: readonly string[] = [...Object.keys(LLAMA_FAMILY), ...Object.keys(ARCHITECTURES)].sort();
