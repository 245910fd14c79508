// transform = (I + A)⁻¹ diag(β); `matrix` holds A below the diagonal. Needs unit-triangular.wgsl. All invocations call together.
@group(0) @binding(TRANSFORM_BINDING) var<storage, read_write> transform: array<f32>;  // [chunks, VALUE_HEADS, CHUNK, CHUNK], zero above the diagonal

fn write_transform(chunk: u32, local: u32) {
  invert(local);
  let i = local / LANES;
  for (var c = 0u; c < 4u; c++) {
    let j = local % LANES + LANES * c;
    var value = 0.0;
    if (j <= i) { value = inverse_at(i, j) * gate[j].strength; }
    transform[(chunk * CHUNK + i) * CHUNK + j] = value;
  }
  workgroupBarrier();
}
