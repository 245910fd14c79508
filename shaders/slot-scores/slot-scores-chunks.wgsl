// What a chunk of CHUNK tokens needs and the state does not enter, one workgroup a chunk and head. With D_ij = Π_{j < l ≤ i} α_l, slot by slot:
//   scores  Σ_{j ≤ i} (q_i · k_j) D_ij (1 − α_j);  rows Π_{l ≤ i} α_l and D_Cj (1 − α_j);  decays D_C and D_C − 1, of the whole chunk.
// Decays are running products of α ≤ 1: nothing to overflow or divide by. A row past the step's last token has α = 1 and the rest 0.
// Needs common/step.wgsl and gate.wgsl.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;      // [T, MIXED_VECS], see slot-scores-step.wgsl
@group(0) @binding(2) var<storage, read_write> rows: array<f32>;    // [chunks, HEADS, 2, CHUNK, SLOTS]
@group(0) @binding(3) var<storage, read_write> decays: array<f32>;  // [chunks, HEADS, 2, SLOTS]
@group(0) @binding(4) var<storage, read_write> out: array<f32>;     // [T, OUT_STRIDE]
@group(0) @binding(5) var<uniform> step: Step;

const QUADS: u32 = CHUNK / 4u;
const SLICE: u32 = 4u;              // vec4s of the channels in workgroup memory at a time
const SLOT_SLICE: u32 = WORKGROUP / CHUNK;

var<workgroup> q_tile: array<vec4f, CHUNK * SLICE>;
var<workgroup> k_tile: array<vec4f, CHUNK * SLICE>;
var<workgroup> products: array<f32, CHUNK * CHUNK>;       // q_i · k_j
var<workgroup> gates: array<vec2f, CHUNK * SLOT_SLICE>;

fn multiply(first_token: u32, head: u32, local: u32) {
  let i = local / QUADS;
  let quad = local % QUADS;
  var sums = vec4f();
  for (var first = 0u; first < KEY_VECS; first += SLICE) {
    workgroupBarrier();
    if (local < CHUNK * SLICE) {
      let token = first_token + local / SLICE;
      let d = first + local % SLICE;
      var q = vec4f();
      var k = vec4f();
      if (token < step.count && d < KEY_VECS) {
        q = Q_SCALE * mixed[token * MIXED_VECS + Q_VEC + head * KEY_VECS + d];
        k = mixed[token * MIXED_VECS + K_VEC + head * KEY_VECS + d];
      }
      q_tile[local] = q;
      k_tile[local] = k;
    }
    workgroupBarrier();
    for (var d = 0u; d < SLICE; d++) {
      let q = q_tile[i * SLICE + d];
      for (var c = 0u; c < 4u; c++) { sums[c] += dot(q, k_tile[(4u * quad + c) * SLICE + d]); }
    }
  }
  for (var c = 0u; c < 4u; c++) { products[i * CHUNK + 4u * quad + c] = sums[c]; }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.y;
  let base = group.x * HEADS + head;
  let first_token = group.x * CHUNK;
  multiply(first_token, head, local);
  let i = local / SLOT_SLICE;
  let m = local % SLOT_SLICE;
  let token = first_token + i;
  for (var first = 0u; first < SLOTS; first += SLOT_SLICE) {
    let slot = first + m;
    workgroupBarrier();
    gates[local] = vec2f(1.0, 0.0);
    if (token < step.count && slot < SLOTS) { gates[local] = gate(token, head, slot); }
    workgroupBarrier();
    if (slot < SLOTS) {
      var score = 0.0;
      var before = 1.0;
      for (var j = i + 1u; j > 0u; j--) {
        let own = gates[(j - 1u) * SLOT_SLICE + m];
        score -= products[i * CHUNK + j - 1u] * before * own.y;
        before *= own.x;
      }
      var after = -gates[local].y;
      for (var l = i + 1u; l < CHUNK; l++) { after *= gates[l * SLOT_SLICE + m].x; }
      let row = (base * 2u * CHUNK + i) * SLOTS + slot;
      rows[row] = before;
      rows[row + CHUNK * SLOTS] = after;
      if (token < step.count) { out[token * OUT_STRIDE + head * SLOTS + slot] = score; }
      if (i == CHUNK - 1u) {
        var change = 0.0;
        for (var l = 0u; l < CHUNK; l++) {
          let own = gates[l * SLOT_SLICE + m].y;
          change += own + own * change;
        }
        decays[base * 2u * SLOTS + slot] = before;
        decays[(base * 2u + 1u) * SLOTS + slot] = change;
      }
    }
  }
}
