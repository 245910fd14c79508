// Carries S through the chunks in order, one workgroup a value head and slice of COLUMNS columns of S, which are independent.
// With the rows and matrices of channel-chunks.wgsl:
//   N = V;  or, tied,  N = transform (V − K S);  general:  N = V and X = transform (P S + (p on k) V);
//   O = Q S + (q on k) N + (q on b) X,   S ← diag(D_C) S + K̃ᵀ N + Bᵀ X.
// Needs common/step.wgsl.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;        // [T, MIXED_VECS], of which v is read
@group(0) @binding(1) var<storage, read> matrices: array<vec4f>;     // [chunks, VALUE_HEADS, MATRICES, CHUNK, CHUNK / 4]
@group(0) @binding(2) var<storage, read> rows: array<vec4f>;         // [chunks, VALUE_HEADS, ROWS, CHUNK, KEY_VECS]
@group(0) @binding(3) var<storage, read> decays: array<vec4f>;       // [chunks, VALUE_HEADS, 2, KEY_VECS]: D_C and D_C − 1
@group(0) @binding(4) var<storage, read_write> state: array<vec4f>;  // [STATE_SLOTS, VALUE_HEADS, VALUE_DIM, KEY_VECS]: Sᵀ
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;    // [T, VALUE_HEADS, VALUE_VECS]
@group(0) @binding(6) var<uniform> step: Step;

const QUADS: u32 = COLUMNS / 4u;
const WORKGROUP: u32 = CHUNK * QUADS;
const DELTA: bool = TIED || GENERAL;

var<workgroup> s: array<vec4f, KEY_DIM * QUADS>;            // [KEY_DIM, COLUMNS]
var<workgroup> tiles: array<vec4f, TILES * CHUNK * QUADS>;  // [TILES, CHUNK, COLUMNS]: N; what is to be transformed; X

// Rows 4·d … 4·d + 3 of one quad of columns of S.
fn state_rows(d: u32, quad: u32) -> mat4x4f {
  let at = d * 4u * QUADS + quad;
  return mat4x4f(s[at], s[at + QUADS], s[at + 2u * QUADS], s[at + 3u * QUADS]);
}

fn set_state_rows(d: u32, quad: u32, rows: mat4x4f) {
  let at = d * 4u * QUADS + quad;
  s[at] = rows[0];
  s[at + QUADS] = rows[1];
  s[at + 2u * QUADS] = rows[2];
  s[at + 3u * QUADS] = rows[3];
}

// Row i of one of the chunk's matrices times one of the tiles.
fn times_tile(base: u32, matrix: u32, i: u32, tile: u32, quad: u32) -> vec4f {
  var sum = vec4f();
  let row = ((base * MATRICES + matrix) * CHUNK + i) * (CHUNK / 4u);
  for (var j = 0u; j < CHUNK / 4u; j++) {
    let at = (tile * CHUNK + 4u * j) * QUADS + quad;
    sum += mat4x4f(tiles[at], tiles[at + QUADS], tiles[at + 2u * QUADS], tiles[at + 3u * QUADS]) * matrices[row + j];
  }
  return sum;
}

// Rows of S by one decay each; a slow one takes away a change that rounding would lose in the decay.
fn decayed_row(row: vec4f, decay: f32, change: f32, added: vec4f) -> vec4f {
  if (change > -0.5) { return row + (change * row + added); }
  return decay * row + added;
}

fn decayed_rows(rows: mat4x4f, decay: vec4f, change: vec4f, added: mat4x4f) -> mat4x4f {
  return mat4x4f(
    decayed_row(rows[0], decay.x, change.x, added[0]),
    decayed_row(rows[1], decay.y, change.y, added[1]),
    decayed_row(rows[2], decay.z, change.z, added[2]),
    decayed_row(rows[3], decay.w, change.w, added[3]),
  );
}

fn outer(k: vec4f, value: vec4f) -> mat4x4f { return mat4x4f(k.x * value, k.y * value, k.z * value, k.w * value); }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let slot = VALUE_HEADS * VALUE_DIM * KEY_VECS;
  for (var part = local; part < KEY_VECS * QUADS; part += WORKGROUP) {
    let d = part % KEY_VECS;
    let quad = part / KEY_VECS;
    let first_column = (group.x * QUADS + quad) * 4u;
    if (first_column < VALUE_DIM) {
      let at = step.slot_in * slot + (head * VALUE_DIM + first_column) * KEY_VECS + d;
      set_state_rows(d, quad, transpose(mat4x4f(state[at], state[at + KEY_VECS], state[at + 2u * KEY_VECS], state[at + 3u * KEY_VECS])));
    }
  }
  let i = local / QUADS;
  let quad = local % QUADS;
  let value_quad = group.x * QUADS + quad;
  let chunks = (step.count + CHUNK - 1u) / CHUNK;
  const KIND = CHUNK * KEY_VECS;
  for (var c = 0u; c < chunks; c++) {
    let base = c * VALUE_HEADS + head;
    let token = c * CHUNK + i;
    workgroupBarrier();
    var output = vec4f();
    var probed = vec4f();
    for (var d = 0u; d < KEY_VECS; d++) {
      let at = (base * ROWS * CHUNK + i) * KEY_VECS + d;
      let own = state_rows(d, quad);
      output += own * rows[at];
      if (DELTA) { probed += own * rows[at + 2u * KIND]; }
    }
    // Rows past the last token have zeros in all that v is multiplied with: any finite row will do for them.
    let v = mixed[min(token, step.count - 1u) * MIXED_VECS + V_VEC + head * VALUE_VECS + min(value_quad, VALUE_VECS - 1u)];
    if (TIED) {
      tiles[WORKGROUP + local] = v - probed;
      workgroupBarrier();
      tiles[local] = times_tile(base, 1u, i, 1u, quad);
    } else {
      tiles[local] = v;
    }
    if (GENERAL) {
      workgroupBarrier();
      tiles[WORKGROUP + local] = probed + times_tile(base, 2u, i, 0u, quad);
      workgroupBarrier();
      tiles[2u * WORKGROUP + local] = times_tile(base, 1u, i, 1u, quad);
    }
    workgroupBarrier();
    output += times_tile(base, 0u, i, 0u, quad);
    if (GENERAL) { output += times_tile(base, 3u, i, 2u, quad); }
    if (token < step.count && value_quad < VALUE_VECS) { out[(token * VALUE_HEADS + head) * VALUE_VECS + value_quad] = output; }
    for (var part = local; part < KEY_VECS * QUADS; part += WORKGROUP) {
      let d = part / QUADS;
      let column = part % QUADS;
      let old = state_rows(d, column);
      var added = mat4x4f();
      for (var j = 0u; j < CHUNK; j++) {
        let at = (base * ROWS * CHUNK + CHUNK + j) * KEY_VECS + d;
        added += outer(rows[at], tiles[j * QUADS + column]);
        if (GENERAL) { added += outer(rows[at + 2u * KIND], tiles[2u * WORKGROUP + j * QUADS + column]); }
      }
      set_state_rows(d, column, decayed_rows(old, decays[base * 2u * KEY_VECS + d], decays[(base * 2u + 1u) * KEY_VECS + d], added));
    }
  }
  workgroupBarrier();
  for (var part = local; part < KEY_VECS * QUADS; part += WORKGROUP) {
    let d = part % KEY_VECS;
    let first_column = (group.x * QUADS + part / KEY_VECS) * 4u;
    if (first_column < VALUE_DIM) {
      let at = step.slot_out * slot + (head * VALUE_DIM + first_column) * KEY_VECS + d;
      let columns = transpose(state_rows(d, part / KEY_VECS));
      state[at] = columns[0];
      state[at + KEY_VECS] = columns[1];
      state[at + 2u * KEY_VECS] = columns[2];
      state[at + 3u * KEY_VECS] = columns[3];
    }
  }
}
