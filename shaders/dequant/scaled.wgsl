// Weights are scales times codes; each half of a block has its own scale.

// Dot product of 32 weights with 32 activations.
fn weight_dot(row: u32, block: u32, x: array<vec4f, 8>) -> f32 { return dot(block_scales(row, block), code_dots(row, block, x)); }

// Weights 8·octet … 8·octet + 7 of a row.
fn weight_octet(row: u32, octet: u32) -> mat2x4f { return block_scales(row, octet / 4u)[octet % 4u / 2u] * code_octet(row, octet); }
