// No normalisation of q and k. Same signatures as in norm-rms.wgsl.
fn normalise_query(value: vec4f, t: u32, head: u32, local: u32) -> vec4f { return value; }
fn normalise_key(value: vec4f, t: u32, head: u32, local: u32) -> vec4f { return value; }
