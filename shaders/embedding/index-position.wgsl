fn table_row(t: u32) -> u32 { return step.position + t; }
