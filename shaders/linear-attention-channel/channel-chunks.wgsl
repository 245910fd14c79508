// What a chunk of CHUNK tokens needs and the state does not enter (linear-attention.md, chunked forms), one workgroup a chunk and
// value head. With D_ij = Π_{j < l ≤ i} α_l, channel by channel (so D_ii = 1), and D_i = α_1 ⋯ α_i of the chunk:
//   q on k:  Σ_d q_i k̃_j D_ij for j ≤ i;   rows q_i D_i and k̃_j D_Cj;   decays D_C and D_C − 1.
//   Tied:    (I + A)⁻¹ diag(β) with A_ij = β_i Σ_d k_i k_j D_ij for j < i;   rows k_i D_i.
//   General: (I − A)⁻¹ with A = p on b;  p on k̃, p on b: Σ_d p_i (·)_j D_{i−1,j} for j < i;  q on b as on k̃;  rows p_i D_{i−1}, b_j D_Cj.
// Decays are running products of α ≤ 1: no exponential of a difference, nothing to cancel, overflow or divide by.
// The chunk is cut into quads of four tokens. An invocation serves row i and the keys of quad j: the decay from the end of the quad
// to i is a product over whole quads and what is left of i's own; within the quad keys are decayed one by one.
// What is probed with p_i is the state after i − 1 tokens, so p_i stands in row i − 1, where the decays are those of q.
// A row past the step's last token has α = 1 and the rest 0: it adds nothing and forgets nothing.
// Needs common/step.wgsl, operands.wgsl with a gating, and unit-triangular.wgsl.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;           // [T, MIXED_VECS], see channel-step.wgsl
@group(0) @binding(1) var<storage, read_write> matrices: array<vec4f>;  // [chunks, VALUE_HEADS, MATRICES, CHUNK, QUADS]
@group(0) @binding(2) var<storage, read_write> rows: array<vec4f>;      // [chunks, VALUE_HEADS, ROWS, CHUNK, KEY_VECS]
@group(0) @binding(3) var<storage, read_write> decays: array<f32>;      // [chunks, VALUE_HEADS, 2, KEY_DIM]
@group(0) @binding(4) var<uniform> step: Step;

const QUADS: u32 = CHUNK / 4u;
const SLICE: u32 = 4u;                           // vec4s of the channels in workgroup memory at a time
const TILE: u32 = CHUNK * SLICE;
const PADDED: u32 = TILE + QUADS;                // quads begin in different banks
const GENERAL_PADDED: u32 = select(1u, PADDED, GENERAL);

var<workgroup> q_tile: array<vec4f, PADDED>;
var<workgroup> k_tile: array<vec4f, PADDED>;
var<workgroup> alpha_tile: array<vec4f, PADDED>;
var<workgroup> quad_alpha: array<vec4f, QUADS * SLICE>;  // products over whole quads
var<workgroup> p_tile: array<vec4f, GENERAL_PADDED>;     // p of the row that follows
var<workgroup> b_tile: array<vec4f, GENERAL_PADDED>;
var<workgroup> scales: array<vec4f, CHUNK>;              // of q, k, p, b
var<workgroup> betas_of: array<f32, CHUNK>;

// Changes of the slice at first, [CHUNK, 4 · SLICE]; then what is inverted, and its inverse.
var<workgroup> matrix: array<f32, CHUNK * CHUNK>;

fn at(row: u32, d: u32) -> u32 { return row * SLICE + row / 4u + d; }

// Π α over the rows first … end − 1.
fn product(first: u32, end: u32, d: u32) -> vec4f {
  var result = vec4f(1.0);
  var row = first;
  while (row < end) {
    if (row % 4u == 0u && row + 4u <= end) {
      result *= quad_alpha[row / 4u * SLICE + d];
      row += 4u;
    } else {
      result *= alpha_tile[at(row, d)];
      row++;
    }
  }
  return result;
}

fn scale_rows(first_token: u32, head: u32, local: u32) {
  let row = local / SLICE;
  let token = first_token + row;
  if (SQUARES) {
    if (local < TILE) {
      var squares = vec2f();
      if (token < step.count) {
        for (var d = local % SLICE; d < KEY_VECS; d += SLICE) { squares += squares_of(operands(token, head, d)); }
      }
      q_tile[local] = vec4f(squares, 0.0, 0.0);
    }
    workgroupBarrier();
  }
  if (local < CHUNK) {
    var squares = vec4f();
    if (SQUARES) {
      for (var l = 0u; l < SLICE; l++) { squares += q_tile[local * SLICE + l]; }
    }
    scales[local] = row_scales(squares.xy);
    betas_of[local] = 0.0;
    if (first_token + local < step.count) { betas_of[local] = beta(first_token + local, head); }
  }
  workgroupBarrier();
}

fn load_tiles(first_token: u32, head: u32, base: u32, first: u32, local: u32) {
  if (local < TILE) {
    let row = local / SLICE;
    let d = local % SLICE;
    let slot = at(row, d);
    var o = Operands(vec4f(), vec4f(), NO_DECAY, vec4f(), vec4f());
    if (first_token + row < step.count && first + d < KEY_VECS) { o = scaled(operands(first_token + row, head, first + d), scales[row]); }
    q_tile[slot] = o.q;
    k_tile[slot] = o.k;
    alpha_tile[slot] = o.decay.alpha;
    for (var c = 0u; c < 4u; c++) { matrix[local * 4u + c] = o.decay.change[c]; }
    if (GENERAL) {
      b_tile[slot] = o.b;
      if (row > 0u) {
        p_tile[at(row - 1u, d)] = o.p;
      } else {
        p_tile[at(CHUNK - 1u, d)] = vec4f();
        if (first + d < KEY_VECS) { rows[(base * ROWS + 2u) * CHUNK * KEY_VECS + first + d] = o.p; }
      }
    }
  }
  workgroupBarrier();
  if (local < QUADS * SLICE) {
    let slot = at(local / SLICE * 4u, local % SLICE);
    quad_alpha[local] = alpha_tile[slot] * alpha_tile[slot + SLICE] * alpha_tile[slot + 2u * SLICE] * alpha_tile[slot + 3u * SLICE];
  } else if (local - QUADS * SLICE < 4u * min(SLICE, KEY_VECS - first)) {
    let channel = local - QUADS * SLICE;
    var alpha = 1.0;
    var change = 0.0;
    for (var row = 0u; row < CHUNK; row++) {
      let own = matrix[row * 4u * SLICE + channel];
      alpha *= alpha_tile[at(row, channel / 4u)][channel % 4u];
      change += own + own * change;
    }
    let slot = base * 2u * KEY_DIM + 4u * first + channel;
    decays[slot] = alpha;
    decays[slot + KEY_DIM] = change;
  }
  workgroupBarrier();
}

// What the scan multiplies the state with, and adds to it. One half of the workgroup looks back in the chunk, the other ahead.
fn store_rows(base: u32, first: u32, local: u32) {
  let row = local % TILE / SLICE;
  let d = local % SLICE;
  let column = first + d;
  if (column >= KEY_VECS) { return; }
  let slot = at(row, d);
  let target_row = (base * ROWS * CHUNK + row) * KEY_VECS + column;
  const KIND = CHUNK * KEY_VECS;
  if (local < TILE) {
    let before = product(0u, row + 1u, d);
    rows[target_row] = q_tile[slot] * before;
    if (TIED) { rows[target_row + 2u * KIND] = k_tile[slot] * before; }
    if (GENERAL && row + 1u < CHUNK) { rows[target_row + 2u * KIND + KEY_VECS] = p_tile[slot] * before; }
  } else {
    let after = product(row + 1u, CHUNK, d);
    rows[target_row + KIND] = k_tile[slot] * after;
    if (GENERAL) { rows[target_row + 3u * KIND] = b_tile[slot] * after; }
  }
}

// Decays of the four rows of a quad up to row i or the quad's end; 0 for rows after i.
fn quad_decays(quad: u32, i: u32, d: u32) -> mat4x4f {
  let slot = at(4u * quad, d);
  let last = min(i - 4u * quad, 3u);
  var result = mat4x4f();
  var decay = vec4f(1.0);
  if (last == 3u) {
    result[3] = decay;
    decay = alpha_tile[slot + 3u * SLICE];
  }
  if (last >= 2u) {
    result[2] = decay;
    decay *= alpha_tile[slot + 2u * SLICE];
  }
  if (last >= 1u) {
    result[1] = decay;
    decay *= alpha_tile[slot + SLICE];
  }
  result[0] = decay;
  return result;
}

fn decayed_k(slot: u32, decays: mat4x4f) -> mat4x4f {
  return mat4x4f(k_tile[slot] * decays[0], k_tile[slot + SLICE] * decays[1], k_tile[slot + 2u * SLICE] * decays[2], k_tile[slot + 3u * SLICE] * decays[3]);
}

fn decayed_b(slot: u32, decays: mat4x4f) -> mat4x4f {
  return mat4x4f(b_tile[slot] * decays[0], b_tile[slot + SLICE] * decays[1], b_tile[slot + 2u * SLICE] * decays[2], b_tile[slot + 3u * SLICE] * decays[3]);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let base = group.x * VALUE_HEADS + head;
  let first_token = group.x * CHUNK;
  let i = local / QUADS;
  let quad = local % QUADS;
  scale_rows(first_token, head, local);

  var qk = vec4f();  // component c belongs to key 4 · quad + c
  var kk = vec4f();
  var qb = vec4f();
  var pk = vec4f();
  var pb = vec4f();
  for (var first = 0u; first < KEY_VECS; first += SLICE) {
    workgroupBarrier();
    load_tiles(first_token, head, base, first, local);
    store_rows(base, first, local);
    if (4u * quad <= i) {
      for (var d = 0u; d < SLICE; d++) {
        let slot = at(i, d);
        let decay = product(4u * quad + 4u, i + 1u, d);
        let within = quad_decays(quad, i, d);
        let keys = decayed_k(at(4u * quad, d), within);
        let q = q_tile[slot] * decay;
        qk += q * keys;
        if (TIED) { kk += (k_tile[slot] * decay) * keys; }
        if (GENERAL) {
          let bs = decayed_b(at(4u * quad, d), within);
          let p = p_tile[slot] * decay;
          qb += q * bs;
          pk += p * keys;
          pb += p * bs;
        }
      }
    }
  }

  let own = (base * MATRICES * CHUNK + i) * QUADS + quad;
  const KIND = CHUNK * QUADS;
  matrices[own] = qk;
  if (!TIED && !GENERAL) { return; }
  let next = (i + 1u) % CHUNK;
  for (var c = 0u; c < 4u; c++) {
    let j = 4u * quad + c;
    // The last row's p belongs to another chunk and is 0 here, as the first row's A is to be.
    if (TIED) { matrix[i * CHUNK + j] = betas_of[i] * kk[c]; } else { matrix[next * CHUNK + j] = -pb[c]; }
  }
  if (GENERAL) {
    let following = (base * MATRICES * CHUNK + next) * QUADS + quad;
    matrices[following + 2u * KIND] = pk;
    matrices[own + 3u * KIND] = qb;
  }
  invert(local);
  var inverse = vec4f();
  for (var c = 0u; c < 4u; c++) {
    let j = 4u * quad + c;
    if (j <= i) { inverse[c] = inverse_at(i, j) * select(1.0, betas_of[j], TIED); }
  }
  matrices[own + KIND] = inverse;
}
