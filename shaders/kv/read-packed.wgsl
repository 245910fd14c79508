// Reads the kernel's keys and values [KV_HEADS, CAPACITY] as rows of packed-row.wgsl. `row` counts rows, `quad` groups of 4 elements.

// The four codes of a quad, at bit 8 each.
fn raise_codes(word: u32, quad: u32) -> vec4u {
  if (CODE_BITS == 8u) { return vec4u(word << 8u, word, word >> 8u, word >> 16u) & vec4u(0xff00u); }
  let half = word >> (quad % QUADS_PER_WORD * 16u);
  return vec4u(half << 8u, half << 4u, half, half >> 4u) & vec4u(0xf00u);
}

// 0x47000000 is 2¹⁵, whose unit is 2⁻⁸: or-ing a code into the mantissa makes 2¹⁵ + code without a conversion, which GPUs do at a quarter
// of their rate. Zeros are multiples of 2⁻⁸ too, so nothing is rounded before the scale.
fn decode_quad(word: u32, quad: u32, group: u32) -> vec4f {
  let raised = bitcast<vec4f>(raise_codes(word, quad) | vec4u(0x47000000u));
  return (raised - (32768.0 + group_zero(group))) * group_scale(group);
}

fn load_key(row: u32, quad: u32) -> vec4f {
  let base = row * ROW_WORDS;
  return decode_quad(keys[base + quad / QUADS_PER_WORD], quad, keys[base + CODE_WORDS + quad / GROUP_QUADS]);
}

fn load_value(row: u32, quad: u32) -> vec4f {
  let base = row * ROW_WORDS;
  return decode_quad(values[base + quad / QUADS_PER_WORD], quad, values[base + CODE_WORDS + quad / GROUP_QUADS]);
}
