/** What `tokenizer.ggml.pre` stands for: how a byte-level BPE cuts a text before it merges, and what goes with that. */
export interface PreTokenizer {
  /** Each cuts what the ones before it left: what it matches, and what lies between its matches, are pieces of their own. */
  readonly splits: readonly string[];
  /** A piece that is a token as it stands is that token, whatever the merges would make of it. */
  readonly ignoreMerges?: true;
  /** A text begins with the BOS token, unless the file says otherwise. */
  readonly addBos?: true;
  /** The normal form that these models' `tokenizer.json` brings a text into first. */
  readonly normalizer?: 'NFC';
}

/**
 * By the names that llama.cpp knows (`llama_vocab::impl::load` and `llm_tokenizer_bpe` in `src/llama-vocab.cpp`, September 2026). Left out
 * are encoders, which nothing here runs, and those that need code of their own (`afmoe`, `gemma4`, `sarvam-moe`, `whitespace`).
 *
 * Where llama.cpp adapts the pattern of the model's `tokenizer.json` to what its engine can match and quotes the original, the original stands
 * here, as models were trained with it (`tekken`, `gpt-4o`, `kimi-k2`). Normal forms are from `tokenizer.json` too; llama.cpp has none.
 */
export function findPreTokenizer(name: string): PreTokenizer | undefined {
  return byName.get(name);
}

const CONTRACTION = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const NUMBER = String.raw`\p{N}`;
const LINES_AND_SPACES = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;

/** `PATTERN` of GPT-2's `encoder.py`. */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** `cl100k_base` of tiktoken and those after it, which differ in how they cut numbers and in what is a letter. */
function cl100k(numbers: string, letter = String.raw`\p{L}`): string {
  const letters = letter === String.raw`\p{L}` ? letter : `[${letter}]`;
  return String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?${letters}+|${numbers}| ?[^\s${letter}\p{N}]+[\r\n]*|${LINES_AND_SPACES}`;
}

/** `o200k_base` of tiktoken, whose words end where a capital follows a small letter. */
function o200k(contraction: string, numbers: string, { letters = '', symbolsEnd = String.raw`[\r\n/]*` } = {}): string {
  const capital = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}${letters}]`;
  const small = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}${letters}]`;
  const before = String.raw`[^\r\n\p{L}\p{N}]?`;
  return String.raw`${before}${capital}*${small}+${contraction}|${before}${capital}+${small}*${contraction}|${numbers}| ?[^\s\p{L}\p{N}]+${symbolsEnd}|${LINES_AND_SPACES}`;
}

const LLAMA3 = cl100k(String.raw`\p{N}{1,3}`);
const QWEN2 = cl100k(NUMBER);
const QWEN35 = cl100k(NUMBER, String.raw`\p{L}\p{M}`);
const O200K = o200k(`${CONTRACTION}?`, String.raw`\p{N}{1,3}`);
const KIMI_K2 = String.raw`\p{Han}+|${o200k(`${CONTRACTION}?`, String.raw`\p{N}{1,3}`, { letters: String.raw`&&[^\p{Han}]`, symbolsEnd: String.raw`[\r\n]*` })}`;

const BLOOM = ' ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+';
const BAILING_MOE = String.raw`'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`;
const SEED_CODER = String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|${LINES_AND_SPACES}`;
const EXAONE_MOE = String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+`;

/** Chinese, then everything up to it that is no Latin script, then Korean; llama.cpp has the ranges as characters. */
const DEEPSEEK_HAN = '[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+';
/** Letters that come in two cases, as Unicode had them when the pattern was written. */
const DEEPSEEK_LETTERS =
  '[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386' +
  '\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba' +
  '\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d' +
  '\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc' +
  '\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184' +
  '\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf' +
  '\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\u{10400}-\u{1044f}\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}\u{10c80}-\u{10cb2}' +
  '\u{10cc0}-\u{10cf2}\u{118a0}-\u{118df}\u{1e900}-\u{1e943}]';
const DEEPSEEK_PUNCTUATION = '\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+';
const DEEPSEEK_V3 = String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_\x60{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|${LINES_AND_SPACES}`;

const TABLE: readonly (PreTokenizer & { readonly names: readonly string[] })[] = [
  { names: ['gpt-2', 'phi-2', 'gigachat', 'a.x-4.0', 'mellum', 'exaone4', 'jais', 'trillion', 'granite-docling'], splits: [GPT2] },
  { names: ['mpt', 'olmo'], splits: [GPT2], normalizer: 'NFC' },
  { names: ['starcoder', 'refact', 'smollm', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'], splits: [NUMBER, GPT2] },
  { names: ['command-r'], splits: [NUMBER, GPT2], normalizer: 'NFC' },
  { names: ['default'], splits: [String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2, String.raw`\p{N}+`, '[0-9][0-9][0-9]'] },
  { names: ['falcon'], splits: [String.raw`[\p{P}\$\+<=>\^~\|\x60]+`, GPT2, '[0-9][0-9][0-9]'] },
  { names: ['llama3', 'llama-v3', 'llama-bpe', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2'], splits: [LLAMA3], ignoreMerges: true, addBos: true },
  { names: ['dbrx', 'smaug-bpe', 'glm4', 'chatglm-bpe'], splits: [LLAMA3] },
  { names: ['qwen2'], splits: [QWEN2], normalizer: 'NFC' },
  { names: ['deepseek-r1-qwen', 'kormo', 'megrez', 'stablelm2', 'hunyuan', 'solar-open', 'grok-2'], splits: [QWEN2] },
  { names: ['qwen35'], splits: [QWEN35], normalizer: 'NFC' },
  { names: ['minicpm5'], splits: [String.raw`\p{N}{1,3}`, cl100k(String.raw`\p{N}+`)], ignoreMerges: true },
  { names: ['deepseek-llm'], splits: [String.raw`[\r\n]`, String.raw`\s?${DEEPSEEK_LETTERS}+`, DEEPSEEK_PUNCTUATION, String.raw`\s+$`, DEEPSEEK_HAN, String.raw`\p{N}+`] },
  { names: ['deepseek-coder'], splits: [String.raw`[\r\n]`, String.raw`\s?\p{L}+`, String.raw`\s?\p{P}+`, DEEPSEEK_HAN, NUMBER] },
  { names: ['deepseek-v3', 'hunyuan-dense', 'hy_v4', 'joyai-llm'], splits: [String.raw`\p{N}{1,3}`, '[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+', DEEPSEEK_V3] },
  { names: ['tekken'], splits: [o200k('', NUMBER)], ignoreMerges: true, addBos: true },
  { names: ['gpt-4o', 'llama4', 'kanana2', 'talkie', 'minimax-m2'], splits: [O200K] },
  { names: ['kimi-k2'], splits: [KIMI_K2] },
  { names: ['bailingmoe', 'bailingmoe2', 'llada-moe'], splits: [BAILING_MOE] },
  { names: ['seed-coder'], splits: [SEED_CODER] },
  { names: ['exaone-moe'], splits: [EXAONE_MOE] },
  { names: ['bloom', 'gpt3-finnish', 'poro-chat'], splits: [BLOOM] },
  { names: ['viking'], splits: [BLOOM, NUMBER] },
];

const byName: ReadonlyMap<string, PreTokenizer> = new Map(TABLE.flatMap(({ names, ...preTokenizer }) => names.map((name) => [name, preTokenizer] as const)));
