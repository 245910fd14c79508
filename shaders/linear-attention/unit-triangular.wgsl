// The inverse of I + A, A strictly lower triangular, by forward substitution on two diagonal blocks, then their merge (linear-attention.md).
// `matrix` holds A below the diagonal. Needs CHUNK = 32, one workgroup of CHUNK² / 4 invocations.
const HALF: u32 = CHUNK / 2u;

// The transpose of X = (I + A)⁻¹ takes the place on and above the diagonal.
fn inverse_at(i: u32, j: u32) -> f32 { return matrix[j * CHUNK + i]; }

// Columns of X within the two diagonal blocks; one invocation a column.
fn invert_diagonal_block(j: u32) {
  let end = (j / HALF + 1u) * HALF;
  matrix[j * CHUNK + j] = 1.0;
  for (var i = j + 1u; i < end; i++) {
    var sum = 0.0;
    for (var l = j; l < i; l++) { sum += matrix[i * CHUNK + l] * inverse_at(l, j); }
    matrix[j * CHUNK + i] = -sum;
  }
}

// X₂₁ = −X₂₂ A₂₁ X₁₁; one invocation an element.
fn merge_blocks(local: u32) {
  let i = HALF + local / HALF;
  let j = local % HALF;
  var product = 0.0;
  for (var l = j; l < HALF; l++) { product += matrix[i * CHUNK + l] * inverse_at(l, j); }
  workgroupBarrier();
  matrix[i * CHUNK + j] = product;
  workgroupBarrier();
  var sum = 0.0;
  for (var l = HALF; l <= i; l++) { sum += inverse_at(i, l) * matrix[l * CHUNK + j]; }
  matrix[j * CHUNK + i] = -sum;
}

// All invocations call together.
fn invert(local: u32) {
  workgroupBarrier();
  if (local < CHUNK) { invert_diagonal_block(local); }
  workgroupBarrier();
  merge_blocks(local);
  workgroupBarrier();
}
