// Takes the experts of all groups but the best GROUPS_CHOSEN out of the choice. A group's rank is the number of groups before it.
const LOWEST = -3.4028234e38;

var<workgroup> group_scores: array<f32, GROUPS>;

// All invocations must call it together, with `own` complete.
fn limit_choice(local: u32) {
  for (var group = local; group < GROUPS; group += WORKGROUP) {
    var first = LOWEST;
    var second = LOWEST;
    for (var i = 0u; i < GROUP_EXPERTS; i++) {
      let value = own[group * GROUP_EXPERTS + i];
      second = max(second, min(first, value));
      first = max(first, value);
    }
    group_scores[group] = select(first, first + second, TOP_TWO);
  }
  workgroupBarrier();
  for (var expert = local; expert < EXPERTS; expert += WORKGROUP) {
    let group = expert / GROUP_EXPERTS;
    let score = group_scores[group];
    var rank = 0u;
    for (var other = 0u; other < GROUPS; other++) {
      if (group_scores[other] > score || (group_scores[other] == score && other < group)) { rank++; }
    }
    if (rank >= GROUPS_CHOSEN) { own[expert] = LOWEST; }
  }
  workgroupBarrier();
}
