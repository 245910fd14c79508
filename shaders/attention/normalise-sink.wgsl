// As normalise-plain.wgsl, with a learnt logit per head that joins the softmax but has no value (gpt-oss).
@group(0) @binding(SINKS_BINDING) var<storage, read> sinks: array<f32>;   // [HEADS]

fn sink(head: u32) -> f32 { return sinks[min(head, HEADS - 1u)]; }

fn normaliser(sink_logit: vec4f, largest: vec4f, sum: vec4f) -> vec4f {
  let top = max(largest, sink_logit);
  let shrink = exp(largest - top);
  return shrink / (sum * shrink + exp(sink_logit - top));
}
