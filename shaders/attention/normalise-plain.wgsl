// What weighted sums with `largest` as their reference point are multiplied by at the end.
fn sink(head: u32) -> f32 { return 0.0; }
fn normaliser(sink_logit: vec4f, largest: vec4f, sum: vec4f) -> vec4f { return 1.0 / sum; }
