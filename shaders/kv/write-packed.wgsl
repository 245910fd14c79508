// Writes the kernel's keys and values [KV_HEADS, CAPACITY] as rows of packed-row.wgsl. `row` counts rows, `quad` groups of 4 elements.
// A workgroup holds exactly one row and all of it calls together, `quad` being the invocation.
//
// The range of a group's codes always holds zero. A narrower one than the group's own clips its extremes for the sake of the others, so
// 16 ranges are tried, shared between the group's invocations, and the one with the least squared error is kept.
const TRIMS = 4u;       // ways to move either end of the range
const TRIM = 0.35;      // in steps between codes
var<workgroup> unpacked: array<vec4f, ROW4>;
var<workgroup> tried_words: array<u32, ROW4>;
var<workgroup> tried_errors: array<f32, ROW4>;

fn codes_of(x: vec4f, word: u32) -> vec4f {
  let scale = group_scale(word);
  if (scale == 0.0) { return vec4f(); }
  return clamp(round(x / scale + group_zero(word)), vec4f(), vec4f(LEVELS));
}

// The word of a group whose codes reach from `low` to `high`.
fn group_word(low: f32, high: f32) -> u32 {
  let scale = (bitcast<u32>((high - low) / LEVELS) + 0x800u) & 0xfffff000u;
  if (bitcast<f32>(scale) == 0.0) { return 0u; }
  return scale | u32(clamp(round(-low / bitcast<f32>(scale) * ZERO_UNIT), 0.0, LEVELS * ZERO_UNIT));
}

fn squared_error(first: u32, end: u32, word: u32) -> f32 {
  var sum = 0.0;
  for (var i = first; i < end; i++) {
    let error = (codes_of(unpacked[i], word) - group_zero(word)) * group_scale(word) - unpacked[i];
    sum += dot(error, error);
  }
  return sum;
}

// The word of the quad's group.
fn best_word(quad: u32, value: vec4f) -> u32 {
  unpacked[quad] = value;
  workgroupBarrier();
  let first = quad / GROUP_QUADS * GROUP_QUADS;
  let end = min(first + GROUP_QUADS, ROW4);
  var low = vec4f();
  var high = vec4f();
  for (var i = first; i < end; i++) {
    low = min(low, unpacked[i]);
    high = max(high, unpacked[i]);
  }
  let lowest = min(min(low.x, low.y), min(low.z, low.w));
  let highest = max(max(high.x, high.y), max(high.z, high.w));
  let trim = (highest - lowest) / LEVELS * TRIM;

  let own = quad - first;
  for (var i = own; i < TRIMS * TRIMS; i += end - first) {
    let word = group_word(lowest + f32(i % TRIMS) * trim, highest - f32(i / TRIMS) * trim);
    let error = squared_error(first, end, word);
    if (i == own || error < tried_errors[quad]) {
      tried_errors[quad] = error;
      tried_words[quad] = word;
    }
  }
  workgroupBarrier();
  var best = first;
  for (var i = first + 1u; i < end; i++) {
    if (tried_errors[i] < tried_errors[best]) { best = i; }
  }
  return tried_words[best];
}

fn pack_quad(quad: u32, word: u32) -> u32 {
  if (quad >= ROW4) { return 0u; }
  let codes = vec4u(codes_of(unpacked[quad], word)) << (vec4u(0u, 1u, 2u, 3u) * CODE_BITS);
  return codes.x | codes.y | codes.z | codes.w;
}

// All quads of a word belong to one group.
fn pack_codes(quad: u32, word: u32) -> u32 {
  var packed = pack_quad(quad, word);
  if (QUADS_PER_WORD == 2u) { packed |= pack_quad(quad + 1u, word) << 16u; }
  return packed;
}

fn store_key(row: u32, quad: u32, value: vec4f) {
  let word = best_word(quad, value);
  let base = row * ROW_WORDS;
  if (quad % QUADS_PER_WORD == 0u) { keys[base + quad / QUADS_PER_WORD] = pack_codes(quad, word); }
  if (quad % GROUP_QUADS == 0u) { keys[base + CODE_WORDS + quad / GROUP_QUADS] = word; }
}

fn store_value(row: u32, quad: u32, value: vec4f) {
  let word = best_word(quad, value);
  let base = row * ROW_WORDS;
  if (quad % QUADS_PER_WORD == 0u) { values[base + quad / QUADS_PER_WORD] = pack_codes(quad, word); }
  if (quad % GROUP_QUADS == 0u) { values[base + CODE_WORDS + quad / GROUP_QUADS] = word; }
}
