@group(0) @binding(TOKENS_BINDING) var<storage, read> tokens: array<u32>;  // [T]

fn table_row(t: u32) -> u32 { return tokens[t]; }
