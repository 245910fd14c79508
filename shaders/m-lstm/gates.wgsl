// The gates of a token and head, as logarithms: of the exponential input gate, and of the sigmoid forget gate.
// Needs common/softplus.wgsl and cap.
@group(0) @binding(0) var<storage, read> mixed: array<vec4f>;  // [T, MIXED_VECS]: [q: HEADS | k: HEADS] · KEY_VECS, [v: HEADS] · VALUE_VECS
@group(0) @binding(1) var<storage, read> gates: array<f32>;    // [T, GATES_STRIDE]: [i: HEADS | f: HEADS]

struct Gates { log_input: f32, log_forget: f32 }

fn gates_of(token: u32, head: u32) -> Gates {
  let at = token * GATES_STRIDE + head;
  return Gates(cap(gates[at]), -softplus(-cap(gates[at + HEADS])));
}
