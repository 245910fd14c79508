const ascii = new TextDecoder('latin1');

/** What a file that is not of the expected format looks like from its first bytes, as the end of a sentence; empty where unknown. */
export function describeBytes(head: Uint8Array): string {
  const text = ascii.decode(head.subarray(0, 64));
  const hint = (what: string, advice: string): string => `; it looks like ${what}: ${advice}`;
  if (text.startsWith('PK\u0003\u0004')) return hint('a zip archive, such as a PyTorch checkpoint (pytorch_model.bin)', 'convert it to safetensors');
  if (head[0] === 0x80 && head[1] >= 2 && head[1] <= 5) return hint('a Python pickle, such as an old PyTorch checkpoint', 'convert it to safetensors');
  if (text.startsWith('GGUF')) return hint('a GGUF file of llama.cpp', 'give the .gguf file itself as the source');
  if (/^(?:GGML|ggjt|lmgg|fmgg|tjgg)/.test(text)) return hint('a GGML file, from before GGUF', 'use the original checkpoint, or a GGUF file of it');
  if (text.startsWith('\u0089HDF')) return hint('an HDF5 file', 'use the checkpoint in safetensors');
  if (/^\s*<(?:!doctype|html|head|\?xml|!--)/i.test(text)) return hint('a web page', 'the server answered with a page in place of the file; check the URL');
  if (/^\s*[{[]/.test(text)) return hint('JSON', 'the server may have answered with an error message; check the URL');
  return '';
}
