// Decodes a whole weight both ways, to check a format's snippet. One invocation an octet.
@group(0) @binding(OUT_BINDING) var<storage, read_write> octets: array<vec4f>;    // [N, BLOCKS, 8]
@group(0) @binding(OUT_BINDING + 1u) var<storage, read_write> dots: array<f32>;   // [N, BLOCKS, 32]: dot products with unit vectors

fn unit(index: u32, first: u32) -> vec4f { return select(vec4f(), vec4f(1.0), vec4u(index) == vec4u(first) + vec4u(0u, 1u, 2u, 3u)); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y;
  let octet = id.x;
  if (octet >= BLOCKS * 4u) { return; }
  let weights = weight_octet(row, octet);
  let at = row * BLOCKS * 4u + octet;
  octets[at * 2u] = weights[0];
  octets[at * 2u + 1u] = weights[1];
  for (var i = octet % 4u * 8u; i < octet % 4u * 8u + 8u; i++) {
    let x = array<vec4f, 8>(unit(i, 0u), unit(i, 4u), unit(i, 8u), unit(i, 12u), unit(i, 16u), unit(i, 20u), unit(i, 24u), unit(i, 28u));
    dots[(row * BLOCKS + octet / 4u) * 32u + i] = weight_dot(row, octet / 4u, x);
  }
}
