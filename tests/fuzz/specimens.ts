import { f32, numbers, number, string, strings, u32 } from '../support/gguf/values.ts';
import { ggmlTensor, writeGguf, type WrittenMetadata, type WrittenTensor } from '../support/gguf/write-gguf.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

const tensorsOf = (shapes: Shapes): WrittenTensor[] =>
  Object.entries(shapes).map(([name, shape]) => ggmlTensor(name, 'F32', shape, new Uint8Array(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 1).buffer)));

const counts = (architecture: string, values: Readonly<Record<string, number>>): WrittenMetadata => Object.entries(values).map(([key, value]) => [`${architecture}.${key}`, u32(value)] as const);

const TEXT: WrittenMetadata = [
  ['tokenizer.ggml.model', string('gpt2')],
  ['tokenizer.ggml.tokens', strings(Array.from({ length: 40 }, (_, i) => `tok${i}`))],
  ['tokenizer.ggml.token_type', numbers('i32', Array.from({ length: 40 }, () => 1))],
  ['tokenizer.ggml.merges', strings(['a b', 'c d'])],
  ['tokenizer.ggml.bos_token_id', u32(1)],
  ['tokenizer.ggml.eos_token_id', u32(2)],
  ['tokenizer.chat_template', string('{{ messages }}')],
];

function llama(more: WrittenMetadata = []): Uint8Array<ArrayBuffer> {
  const layer = (i: number): Shapes => ({
    [`blk.${i}.attn_norm.weight`]: [8],
    [`blk.${i}.attn_q.weight`]: [8, 8],
    [`blk.${i}.attn_k.weight`]: [4, 8],
    [`blk.${i}.attn_v.weight`]: [4, 8],
    [`blk.${i}.attn_output.weight`]: [8, 8],
    [`blk.${i}.ffn_norm.weight`]: [8],
    [`blk.${i}.ffn_gate.weight`]: [12, 8],
    [`blk.${i}.ffn_up.weight`]: [12, 8],
    [`blk.${i}.ffn_down.weight`]: [8, 12],
  });
  return writeGguf({
    metadata: [
      ['general.architecture', string('llama')],
      ['general.alignment', u32(32)],
      ...counts('llama', { block_count: 2, context_length: 64, embedding_length: 8, feed_forward_length: 12, 'attention.head_count': 2, 'attention.head_count_kv': 1, 'attention.key_length': 4, 'rope.dimension_count': 4 }),
      ['llama.attention.layer_norm_rms_epsilon', f32(1e-5)],
      ['llama.rope.freq_base', f32(10_000)],
      ...TEXT,
      ...more,
    ],
    tensors: tensorsOf({ 'rope_freqs.weight': [2], 'token_embd.weight': [40, 8], ...layer(0), ...layer(1), 'output_norm.weight': [8], 'output.weight': [40, 8] }),
  });
}

function qwen35(): Uint8Array<ArrayBuffer> {
  return writeGguf({
    metadata: [
      ['general.architecture', string('qwen35')],
      ...counts('qwen35', { block_count: 1, context_length: 64, embedding_length: 8, feed_forward_length: 12, 'attention.head_count': 2, 'attention.head_count_kv': 1, 'attention.key_length': 8, 'rope.dimension_count': 4, 'ssm.conv_kernel': 4, 'ssm.state_size': 4, 'ssm.group_count': 2, 'ssm.time_step_rank': 4, 'ssm.inner_size': 16, full_attention_interval: 4 }),
      ['qwen35.attention.layer_norm_rms_epsilon', f32(1e-6)],
      ...TEXT,
    ],
    tensors: tensorsOf({ 'token_embd.weight': [40, 8], 'output_norm.weight': [8], 'blk.0.attn_norm.weight': [8], 'blk.0.attn_qkv.weight': [32, 8], 'blk.0.attn_gate.weight': [16, 8], 'blk.0.ssm_beta.weight': [4, 8], 'blk.0.ssm_alpha.weight': [4, 8], 'blk.0.ssm_dt.bias': [4], 'blk.0.ssm_a': [4], 'blk.0.ssm_conv1d.weight': [32, 4], 'blk.0.ssm_out.weight': [8, 16] }),
  });
}

/** GGUF files that open, each with a second one beside it that it may need. */
export const GGUF_SPECIMENS: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer>; readonly beside: Readonly<Record<string, Uint8Array<ArrayBuffer>>> }[] = [
  { name: 'llama.gguf', bytes: llama(), beside: {} },
  { name: 'qwen.gguf', bytes: qwen35(), beside: {} },
  {
    name: 'm-00001-of-00002.gguf',
    bytes: llama([['split.no', number('u16', 0)], ['split.count', number('u16', 2)]]),
    beside: { 'm-00002-of-00002.gguf': writeGguf({ metadata: [['split.no', number('u16', 1)], ['split.count', number('u16', 2)]], tensors: tensorsOf({ 'blk.2.x': [8] }) }) },
  },
];

/** A tokenizer with every part that one can have, small enough to be built thousands of times. */
export const TOKENIZER_JSON = JSON.stringify({
  version: '1.0',
  added_tokens: [
    { id: 0, content: '<s>', special: true, single_word: false, lstrip: false, rstrip: false, normalized: false },
    { id: 1, content: '</s>', special: true, single_word: false, lstrip: false, rstrip: true, normalized: false },
  ],
  normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }, { type: 'NFC' }] },
  pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: '\\p{N}{1,3}|[^\\p{N}]+' }, behavior: 'Isolated', invert: false }, { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }] },
  post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }], pair: [], special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } } },
  decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
  model: { type: 'BPE', unk_token: '<s>', byte_fallback: true, ignore_merges: false, fuse_unk: true, vocab: { '<s>': 0, '</s>': 1, a: 2, b: 3, c: 4, ab: 5, abc: 6, 'â': 7, '<0x41>': 8 }, merges: ['a b', 'ab c'] },
});

export const TOKENIZER_CONFIG = JSON.stringify({
  bos_token: '<s>',
  eos_token: { content: '</s>', lstrip: false },
  pad_token: null,
  additional_special_tokens: ['<s>', { content: '</s>' }],
  chat_template: "{% for m in messages %}{{ m.role + ': ' + m.content }}{% endfor %}{{ eos_token }}",
});
