/**
 * Whether a matrix is kept at 8 bits where others get 4. With stories260K at 4.5 bits a weight, perplexity of a held-out text 4.308, each of these
 * alone was kept at 8.5 bits; as the fall of perplexity for a bit a weight more of the model: v 0.57, q, k and v 0.22, last layer 0.17, second 0.11,
 * gate and up 0.09, down 0.09, first layer 0.08, o none. The values of attention are what matters, as llama.cpp's mixtures found of larger models
 * (attn_v in `llama_tensor_get_type`, https://github.com/ggml-org/llama.cpp); but q, k and v are one layer where a model is run, of one format.
 * They are a tenth of a model that shares value heads.
 */
export const isSensitive = (name: string): boolean => /\.self_attn\.[qkv]_proj\.weight$/.test(name);
