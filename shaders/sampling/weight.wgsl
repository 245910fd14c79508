// Weights of tokens in 43-bit fixed point: x counts 2^-30 of the distribution, y 2^-43. Integers, because the order of
// atomic additions is not fixed and a run must be repeatable; sums of 2^19 tokens overflow neither part.
const LOW_BITS = 13u;

// What top-p counts: a token's share of softmax(y) over the whole vocabulary. `distance` is max − y ≥ 0.
fn share_of(distance: f32, mass: f32) -> vec2u {
  let high = exp(-distance) / mass * 0x1p30;
  return vec2u(u32(high), u32(fract(high) * 0x1p13));
}

fn carried(a: vec2u) -> vec2u { return vec2u(a.x + (a.y >> LOW_BITS), a.y & ((1u << LOW_BITS) - 1u)); }
fn at_least(a: vec2u, b: vec2u) -> bool { return a.x > b.x || (a.x == b.x && a.y >= b.y); }
// a − b for a ≥ b, both carried.
fn minus(a: vec2u, b: vec2u) -> vec2u {
  let borrow = select(0u, 1u, a.y < b.y);
  return vec2u(a.x - b.x - borrow, a.y + (borrow << LOW_BITS) - b.y);
}

// The mass that top-p wants to keep: p of it, at least one unit, at most all.
fn fraction_of(all: vec2u, p: f32) -> vec2u {
  let high = p * (f32(all.x) + f32(all.y) * 0x1p-13);
  let wanted = vec2u(u32(high), max(1u, u32(fract(high) * 0x1p13)));
  if (at_least(wanted, all)) { return all; }
  return wanted;
}

// A bucket of the histogram: 16 an octave of distance from 2^-5 to 2^11, so that it resolves peaked and flat distributions
// alike. Monotone in y, which is all that exactness needs.
fn bucket_of(distance: f32) -> u32 {
  let octaves = bitcast<u32>(max(distance, 0x1p-5)) >> 19u;  // exponent and four bits of the mantissa
  return min(octaves - (122u << 4u), BUCKETS - 1u);
}
