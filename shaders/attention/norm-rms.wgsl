// RMSNorm over a head, 4 elements an invocation, the workgroup being the head. All invocations call together.
@group(0) @binding(Q_NORM_BINDING) var<storage, read> q_norm: array<vec4f>;   // [HEAD_DIM]
@group(0) @binding(K_NORM_BINDING) var<storage, read> k_norm: array<vec4f>;   // [HEAD_DIM]

fn normalise_query(value: vec4f, t: u32, head: u32, local: u32) -> vec4f { return value * inverse_rms(dot(value, value), HEAD_DIM, local) * q_norm[local]; }
fn normalise_key(value: vec4f, t: u32, head: u32, local: u32) -> vec4f { return value * inverse_rms(dot(value, value), HEAD_DIM, local) * k_norm[local]; }
