// A row of the kernel's keys or values as codes of CODE_BITS bits, the first in the lowest ones, and behind them a word for each
// group of 32 elements (the last may be shorter): x = scale · (code − zero).
const QUADS_PER_WORD = 8u / CODE_BITS;      // quad: 4 neighbouring elements, which one invocation reads or writes
const CODE_WORDS = (ROW4 + QUADS_PER_WORD - 1u) / QUADS_PER_WORD;
const GROUP_QUADS = 8u;
const ROW_WORDS = CODE_WORDS + (ROW4 + GROUP_QUADS - 1u) / GROUP_QUADS;

const LEVELS = f32((1u << CODE_BITS) - 1u);   // largest code
const ZERO_UNIT = f32(4096u >> CODE_BITS);    // zero is a code too, in fractions: 12 bits hold it

// The scale is an f32 that leaves its last 12 bits to the zero.
fn group_scale(word: u32) -> f32 { return bitcast<f32>(word & 0xfffff000u); }
fn group_zero(word: u32) -> f32 { return f32(word & 0xfffu) / ZERO_UNIT; }
