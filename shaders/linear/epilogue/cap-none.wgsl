fn cap(value: f32) -> f32 { return value; }
