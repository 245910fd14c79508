/**
 * What the README says of each family of models, in the order of its table.
 * @type {readonly { types: readonly string[], examples: string, notes: string }[]}
 */
export const MODEL_NOTES = [
  { types: ['llama'], examples: 'Llama 2 and 3, SmolLM2, TinyLlama', notes: 'with or without biases and tied embeddings' },
  { types: ['qwen2'], examples: 'Qwen2, Qwen2.5', notes: '' },
  { types: ['qwen3'], examples: 'Qwen3', notes: '' },
  { types: ['smollm3'], examples: 'SmolLM3', notes: 'layers without positions' },
  { types: ['gemma3', 'gemma3_text'], examples: 'Gemma 3', notes: 'local and global layers' },
  { types: ['gpt2'], examples: 'GPT-2, DistilGPT-2', notes: '' },
  { types: ['gpt_oss'], examples: 'gpt-oss', notes: 'experts, in MXFP4 or unpacked; attention sinks' },
  { types: ['qwen3_moe'], examples: 'Qwen3-30B-A3B', notes: 'experts' },
  { types: ['qwen3_5', 'qwen3_5_text'], examples: 'Qwen3.5', notes: 'hybrid: Gated DeltaNet' },
  { types: ['qwen3_5_moe', 'qwen3_5_moe_text'], examples: 'Qwen3.5-35B-A3B', notes: 'hybrid: Gated DeltaNet; experts, one of them shared' },
  { types: ['qwen3_next'], examples: 'Qwen3-Next-80B-A3B', notes: 'hybrid: Gated DeltaNet; experts, one of them shared' },
  { types: ['olmo_hybrid'], examples: 'Olmo Hybrid', notes: 'hybrid: Gated DeltaNet with negative eigenvalues' },
  { types: ['kimi_linear'], examples: 'Kimi-Linear-48B-A3B', notes: 'hybrid: Kimi Delta Attention and multi-head latent attention; experts' },
  { types: ['minimax', 'minimax_m1', 'minimax_text_01'], examples: 'MiniMax-Text-01, MiniMax-M1', notes: 'hybrid: Lightning Attention; experts' },
  { types: ['mamba2'], examples: 'Mamba-2, Codestral Mamba', notes: 'Mamba-2 and nothing else' },
  { types: ['bamba'], examples: 'Bamba', notes: 'hybrid: Mamba-2' },
  { types: ['granitemoehybrid'], examples: 'Granite 4', notes: 'hybrid: Mamba-2; with and without experts' },
  { types: ['falcon_h1'], examples: 'Falcon-H1', notes: 'hybrid: Mamba-2 and attention side by side' },
  { types: ['nemotron_h'], examples: 'Nemotron-H, Nemotron 3 Nano', notes: 'hybrid: Mamba-2; with and without experts' },
  { types: ['zamba2'], examples: 'Zamba2', notes: 'hybrid: Mamba-2, and attention whose weights several layers share' },
  { types: ['jamba'], examples: 'Jamba', notes: 'hybrid: Mamba; experts' },
  { types: ['gam'], examples: 'Gated Associative Memory', notes: 'causal convolutions and a learnt memory' },
  { types: ['phi4flash'], examples: 'Phi-4-mini-flash', notes: 'hybrid: Mamba; differential attention; a cross-decoder on shared keys, values and memory (SambaY)' },
  { types: ['lfm2', 'lfm2_vl', 'lfm2-vl'], examples: 'LFM2, LFM2-VL', notes: 'hybrid: gated short convolutions' },
  { types: ['lfm2_moe'], examples: 'LFM2-8B-A1B', notes: 'hybrid: gated short convolutions; experts' },
  { types: ['recurrent_gemma'], examples: 'RecurrentGemma', notes: 'hybrid: RG-LRU, and attention with a sliding window' },
  { types: ['gla'], examples: 'GLA, of flash-linear-attention', notes: 'Gated Linear Attention, alone or hybrid' },
  { types: ['xlstm'], examples: 'xLSTM-7B', notes: 'mLSTM and nothing else' },
];
