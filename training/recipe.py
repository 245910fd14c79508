"""What is trained, on what, and how: every choice that a run depends on, in one place."""

VOCABULARY = 8192
END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL_TOKENS = [END_OF_TEXT, TURN_START, TURN_END]  # ids 0, 1, 2

CONTEXT = 1024
BATCH = 32  # sequences a step
SEED = 20

# Three layers of the gated delta rule to one of softmax attention, 23.9 M weights. Every width is a multiple of 32, so that every matrix has
# whole groups when it is quantised; at 4 bits, with the embedding at 8, the weights take 15 MB.
HYBRID = {
    "architectures": ["Qwen3_5ForCausalLM"],
    "model_type": "qwen3_5_text",
    "dtype": "bfloat16",
    "vocab_size": VOCABULARY,
    "hidden_size": 384,
    "intermediate_size": 896,
    "num_hidden_layers": 12,
    "layer_types": (["linear_attention"] * 3 + ["full_attention"]) * 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "linear_num_key_heads": 6,
    "linear_num_value_heads": 6,
    "linear_key_head_dim": 64,
    "linear_value_head_dim": 64,
    "linear_conv_kernel_dim": 4,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-6,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
    "max_position_embeddings": CONTEXT,
    "attention_bias": False,
    "attention_dropout": 0.0,
    "initializer_range": 0.02,
    "tie_word_embeddings": True,
    "use_cache": True,
    "eos_token_id": [2, 0],
    "pad_token_id": 0,
}

# The same model without linear attention. Its mixers have fewer weights, its MLPs are wider by as many: the matrices of both add up to the same number.
TWIN = {**HYBRID, "layer_types": ["full_attention"] * 12, "intermediate_size": 1024}

# What the hybrid and its twin learn from, beside the text: larger models of softmax attention with the same vocabulary, several because the mean of
# what they expect is nearer to held-out text than any one of them. Their layers leave out what they add, at random, since they see little text many times.
TEACHER = {
    **TWIN,
    "hidden_size": 768,
    "intermediate_size": 2048,
    "num_hidden_layers": 14,
    "layer_types": ["full_attention"] * 14,
    "num_attention_heads": 12,
    "num_key_value_heads": 4,
    "residual_dropout": 0.1,  # ours, read by model.py
}
TEACHERS = 4
TEACHER_RATE = 1.2e-3
TEACHER_WEIGHT_DECAY = 0.5
EXPECTED = 32  # of what the teachers expect at a place, so many tokens are kept
TAUGHT = 0.8  # share of the loss that is the distance from the teachers; the rest is that from the text

# Shares of the tokens by source, while the learning rate is high and while it falls. Small sources come back more often than large ones, and
# what the model is for comes last: stories for children and friendly talk. The teachers have to be right about text they have not seen, and see the small sources less often.
MIXTURE = {
    "tales": (0.08, 0.12),
    "children": (0.18, 0.10),
    "novels": (0.34, 0.08),
    "stories": (0.06, 0.13),
    "story-chats": (0.06, 0.13),
    "small-talk": (0.03, 0.07),
    "chats": (0.17, 0.27),
    "tasks": (0.08, 0.10),
}
TEACHER_MIXTURE = {
    "tales": (0.10, 0.10),
    "children": (0.20, 0.18),
    "novels": (0.40, 0.22),
    "stories": (0.02, 0.05),
    "story-chats": (0.02, 0.05),
    "small-talk": (0.02, 0.05),
    "chats": (0.16, 0.25),
    "tasks": (0.08, 0.10),
}
HELD_OUT = 0.005  # of each source, by documents

# Learning rates rise over WARM_UP steps, stay, and fall linearly to zero over the last COOL_DOWN of the run. In the last QUANTISED of it the
# matrices are used as they will be shipped, rounded to 4 bits.
MATRIX_RATE = 2e-3
OTHER_RATE = 2e-3
WEIGHT_DECAY = 0.3  # strong, because small sources are seen many times
WARM_UP = 100
COOL_DOWN = 0.4
QUANTISED = 0.15
CLIP = 1.0

# How the model is sampled where nobody says otherwise, under the names of generation_config.json. It is small: without a penalty it runs into loops.
SAMPLING = {"temperature": 0.7, "min_p": 0.1, "repetition_penalty": 1.1}
PLAIN_SAMPLING = {"temperature": 0.7, "top_p": 0.9}  # to compare models by
