// Exact top-k, top-p and min-p over the candidates, each a border on y, then one draw from the survivors by Gumbel-max.
// Borders are found by radix select: four passes over 8 bits of an order-preserving key. Ties at a border are all kept.
// One workgroup.
@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<storage, read> partials: array<Partial>;        // [BLOCKS]
@group(0) @binding(3) var<storage, read_write> candidates: Candidates;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;        // [VOCABULARY]
@group(0) @binding(5) var<storage, read_write> tokens: array<u32>;        // [≥ 1]
@group(0) @binding(6) var<storage, read_write> sampled: array<u32>;       // [RING]

var<workgroup> high: array<atomic<u32>, WORKGROUP>;
var<workgroup> low: array<atomic<u32>, WORKGROUP>;

// Order-preserving key of a float, the largest first. −0 and 0 rank alike.
fn rank_of(y: f32) -> u32 {
  let bits = select(bitcast<u32>(y), 0u, y == 0.0);
  return select(~(bits | 0x80000000u), bits, (bits & 0x80000000u) != 0u);
}

fn weight_of(y: f32, by_share: bool, total: Partial) -> vec2u {
  if (by_share) { return share_of(total.best.score - y, total.mass); }
  return vec2u(1u, 0u);
}

// Sums the weights of candidates down to rank `last` whose rank agrees with `prefix` in `mask`, by the digit at `shift`.
// Leaves running sums. Every invocation of the workgroup must call it.
fn sum_digits(last: u32, prefix: u32, mask: u32, shift: u32, by_share: bool, total: Partial, local: u32) {
  workgroupBarrier();
  atomicStore(&high[local], 0u);
  atomicStore(&low[local], 0u);
  workgroupBarrier();
  let count = candidates.count;
  for (var i = local; i < count; i += WORKGROUP) {
    let y = bitcast<f32>(candidates.entries[i].y);
    let rank = rank_of(y);
    if (rank > last || (rank & mask) != prefix) { continue; }
    let weight = weight_of(y, by_share, total);
    let digit = (rank >> shift) & 255u;
    atomicAdd(&high[digit], weight.x);
    if (by_share) { atomicAdd(&low[digit], weight.y); }
  }
  workgroupBarrier();
  workgroup_running_sum(vec2u(atomicLoad(&high[local]), atomicLoad(&low[local])), local);
}

// Rank down to which the candidates, best first, are top_k in number or, `by_share`, hold top_p of all that is left.
// Every invocation of the workgroup must call it.
fn border(last: u32, by_share: bool, total: Partial, local: u32) -> u32 {
  var prefix = 0u;
  var mask = 0u;
  var missing = vec2u(0u);
  for (var shift = 32u; shift > 0u; ) {
    shift -= 8u;
    sum_digits(last, prefix, mask, shift, by_share, total, local);
    if (mask == 0u) {  // the first pass sums everything
      var all = running[WORKGROUP - 1u];
      missing = vec2u(min(settings.top_k, all.x), 0u);
      if (by_share) {
        if (!TOP_K) { all = candidates.mass; }  // what was left out of the candidates counts too
        missing = fraction_of(all, settings.top_p);
      }
    }
    let found = first_reaching(missing, local);
    prefix |= found.index << shift;
    mask |= 255u << shift;
    missing = minus(missing, found.before);
  }
  return prefix;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  let total = total_of_blocks(local);
  let position = step.position + step.count;
  var last = 0xffffffffu;
  // A loop, so that the compiler inlines `border` once.
  for (var stage = 0u; stage < 2u; stage++) {
    let by_share = stage == 1u;
    if (select(TOP_K, TOP_P, by_share)) { last = min(last, border(last, by_share, total, local)); }
  }
  if (MIN_P) { last = min(last, rank_of(total.best.score + settings.min_logit)); }

  var mine = nothing();
  let count = candidates.count;
  for (var i = local; i < count; i += WORKGROUP) {
    let entry = candidates.entries[i];
    let y = bitcast<f32>(entry.y);
    if (rank_of(y) > last) { continue; }
    mine = better(mine, Best((y - total.best.score) + gumbel(settings.seed, position, entry.x), entry.x));
  }
  let drawn = workgroup_best(mine, local);
  if (local == 0u) {
    candidates.border = last;
    emit(select(drawn.token, NO_TOKEN, total.best.token == NO_TOKEN));
  }
}
