// What kernels share that multiply tiles of QUADS · 4 inputs, a multiple of 32, in workgroup memory.

// Invocations that read together read every fourth row at one quad: permuting a row's quads by its number keeps their banks apart.
fn place(row: u32, quad: u32) -> u32 { return row * QUADS + (quad ^ (row / 4u % 8u)); }

// sums + the four outputs' dot products with one token's quad.
fn add_products(sums: vec4f, columns: mat4x4f, quad: vec4f) -> vec4f {
  return fma(vec4f(quad.w), columns[3], fma(vec4f(quad.z), columns[2], fma(vec4f(quad.y), columns[1], fma(vec4f(quad.x), columns[0], sums))));
}
