// What every step tells its kernels. Written once a step.
struct Step {
  count: u32,     // tokens in this step, T
  position: u32,  // tokens in the sequence's state before it
  slot_in: u32,   // slot of the state ring to read
  slot_out: u32,  // slot of the state ring to write, never slot_in
}
