// Without a delta rule what is written does not depend on the state.
fn write_transform(chunk: u32, local: u32) { workgroupBarrier(); }
