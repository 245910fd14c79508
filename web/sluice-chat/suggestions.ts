/** Models of supported architectures on the Hugging Face Hub, the handiest first. `bytes` is roughly what is downloaded. */
export const SUGGESTIONS: readonly { readonly id: string; readonly about: string; readonly bytes: number }[] = [
  { id: 'Qwen/Qwen3-0.6B', about: 'Small chat model that thinks before it answers', bytes: 1.5e9 },
  { id: 'Qwen/Qwen3.5-0.8B', about: 'Hybrid with linear attention, long conversations', bytes: 1.7e9 },
  { id: 'Qwen/Qwen2.5-0.5B-Instruct', about: 'Small chat model, answers straight away', bytes: 1.0e9 },
  { id: 'HuggingFaceTB/SmolLM3-3B', about: 'The most capable here; needs a strong GPU', bytes: 6.2e9 },
  { id: 'openai-community/gpt2', about: 'The classic of 2019; continues texts', bytes: 0.5e9 },
];
