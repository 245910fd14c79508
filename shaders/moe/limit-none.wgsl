fn limit_choice(local: u32) {}
