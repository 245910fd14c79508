// Counter-based noise: what a token gets depends on nothing but (seed, position, token), so a run can be repeated
// whatever the number of workgroups. reference.ts has the same in float64.

// pcg3d of Jarzynski & Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020.
fn pcg3d(seed: u32, position: u32, token: u32) -> vec3u {
  var v = vec3u(seed, position, token) * 1664525u + 1013904223u;
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v ^= v >> vec3u(16u);
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  return v;
}

// −ln(−ln u), u uniform in (0, 1). The best of 100,000 tokens has its u within 1e-5 of 1, where f32 is coarse, so this
// works with v = 1 − u, which has 48 random bits, and with a series where 1 − v would lose them.
fn gumbel(seed: u32, position: u32, token: u32) -> f32 {
  let hash = pcg3d(seed, position, token);
  let v = min(f32(hash.x >> 8u) * 0x1p-24 + (f32(hash.y >> 8u) + 0.5) * 0x1p-48, 0x1.fffffep-1);
  let exponential = select(-log(1.0 - v), v * (1.0 + v * (0.5 + v * (1.0 / 3.0 + v * 0.25))), v < 0.03125);
  return -log(exponential);
}
