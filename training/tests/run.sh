#!/usr/bin/env bash
# All tests of training/, on the CPU. PYTHON is a Python with PyTorch, numpy and transformers (default python3).
set -euo pipefail
cd "$(dirname "$0")/.."
# One thread: on a busy machine small tensors wait longer for other threads than they take.
OMP_NUM_THREADS=1 PYTHONPATH=. PYTHONWARNINGS=ignore HF_HUB_OFFLINE=1 exec "${PYTHON:-python3}" -m unittest discover -s tests "$@"
