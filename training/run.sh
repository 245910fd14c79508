#!/usr/bin/env bash
# From the corpus to a measured model: prepare, train teachers and write down what they expect, train the hybrid and its softmax twin, export, check, evaluate.
# As many are trained at once as there are GPUs.
#
#   CORPUS=DIR OUT=DIR bash training/run.sh
#
#   CORPUS   the folder with the corpus (default ../shared/corpus beside the repository)
#   OUT      what is worth keeping, in few and small files: model-*.safetensors, results.tar.gz (everything else of the model, logs, samples, evaluation)
#   WORK     tokens, checkpoints and exported folders; a stage that finds its result there is not run again (default: sluice-training in the temporary folder)
#   SECONDS_TRAINING   for each of the two, compilation included (default 480; with one GPU the twin gets as long again)
#   SECONDS_TEACHING   for each teacher (default 400; four are trained, one after the other where there is one GPU)
#   TWIN=0   trains the hybrid alone
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
CORPUS=${CORPUS:-$here/../../shared/corpus}
: "${OUT:?run.sh: OUT, the folder for what is worth keeping, is not set}"
WORK=${WORK:-${TMPDIR:-/tmp}/sluice-training}
SECONDS_TRAINING=${SECONDS_TRAINING:-480}
SECONDS_TEACHING=${SECONDS_TEACHING:-400}
TWIN=${TWIN:-1}
export PYTHONUNBUFFERED=1 TOKENIZERS_PARALLELISM=true HF_HUB_OFFLINE=1
mkdir -p "$OUT" "$WORK/logs"

say() { echo "run.sh: $(date +%T) $*"; }

# stage NAME SECONDS COMMAND…: its output goes to the screen and to a log that is kept.
stage() {
  local name=$1 limit=$2
  shift 2
  say "$name (at most $limit s)"
  local code=0
  timeout --foreground --kill-after=10 "$limit" "$@" 2>&1 | tee "$WORK/logs/$name.log" || code=$?
  keep
  if [ $code -ne 0 ]; then say "$name failed with exit code $code; its log is $WORK/logs/$name.log" >&2; fi
  return $code
}

# What is worth keeping of what there is by now; stages that run beside each other keep one after the other.
keep() (
  flock 9
  mkdir -p "$WORK/keep"
  cp -f "$WORK"/logs/*.log "$WORK/keep/" 2>/dev/null || true
  cp -f "$WORK"/data/{tokenizer.json,manifest.json,*.held-out.txt,*.held-out.bin} "$WORK/keep/" 2>/dev/null || true
  cp -f "$WORK"/evaluation/* "$WORK/keep/" 2>/dev/null || true
  for model in hybrid twin $(cd "$WORK" && ls -d teacher-* 2>/dev/null); do
    mkdir -p "$WORK/keep/$model"
    cp -f "$WORK/$model"/{log.jsonl,summary.json} "$WORK/keep/$model/" 2>/dev/null || true
    cp -f "$WORK/$model/export"/*.{json,md} "$WORK/keep/$model/" 2>/dev/null || true
  done
  tar -C "$WORK/keep" -czf "$OUT/results.new" . && mv "$OUT/results.new" "$OUT/results.tar.gz"
) 9>"$WORK/keep.lock"

train() { # train MODEL GPU SECONDS FLAGS…: goes on from a checkpoint where there is one.
  local model=$1 gpu=$2 seconds=$3
  shift 3
  if [ -e "$WORK/$model/summary.json" ]; then say "$model is trained"; return; fi
  local resume=()
  if [ -e "$WORK/$model/checkpoint.pt" ]; then resume=(--resume); fi
  CUDA_VISIBLE_DEVICES=$gpu stage "train-$model" $((seconds + 60)) \
    python3 "$here/train.py" --data "$WORK/data" --out "$WORK/$model" --seconds "$seconds" "${resume[@]}" "$@"
}

# Runs COMMAND 0, COMMAND 1, … COUNT times with the number of a GPU after it, as many at once as there are GPUs; fails when one of them did.
on_all_gpus() { # on_all_gpus COUNT COMMAND
  local gpu failed=0 jobs=()
  for ((gpu = 0; gpu < gpus; gpu++)); do
    (for ((n = gpu; n < $1; n += gpus)); do "$2" "$n" "$gpu" || exit; done) &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=$?; done
  return $failed
}

train_teacher() { train "teacher-$1" "$2" "$SECONDS_TEACHING" --teacher "$1"; }

teach_part() {
  CUDA_VISIBLE_DEVICES=$2 stage "teach-$1" 600 python3 "$here/teach.py" --data "$WORK/data" --part "$1" --parts "$gpus" "$WORK"/teacher-*/checkpoint.pt
}

export_model() {
  local model=$1
  stage "export-$model" 60 python3 "$here/export.py" --checkpoint "$WORK/$model/checkpoint.pt" --tokenizer "$WORK/data/tokenizer.json" --out "$WORK/$model/export"
  cp "$WORK/$model/summary.json" "$WORK/$model/export/training.json"
}

python3 -c 'import torch, numpy, tokenizers, safetensors, transformers; assert torch.cuda.is_available(), "no GPU"; print("torch", torch.__version__, "transformers", transformers.__version__, torch.cuda.get_device_name())'
gpus=$(python3 -c 'import torch; print(torch.cuda.device_count())')

stage prepare 240 python3 "$here/prepare.py" --corpus "$CORPUS" --out "$WORK/data"

if [ ! -e "$WORK/data/taught" ]; then
  on_all_gpus "$(python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import recipe; print(recipe.TEACHERS)' "$here")" train_teacher
  on_all_gpus "$gpus" teach_part
  touch "$WORK/data/taught"
fi

[ -e "$WORK/hybrid/checkpoint.pt" ] || rm -f "$WORK/plan.json" # another run's
code=0
if [ "$TWIN" = 1 ] && [ "$gpus" -ge 2 ]; then
  set -m # the twin gets a process group, by which it can be stopped
  train twin 1 "$SECONDS_TRAINING" --plan "$WORK/plan.json" --twin &
  twin=$!
  set +m
  train hybrid 0 "$SECONDS_TRAINING" --plan "$WORK/plan.json" || code=$?
  if [ $code -ne 0 ]; then kill -- -$twin 2>/dev/null || true; fi
  wait $twin || TWIN=failed
else
  train hybrid 0 "$SECONDS_TRAINING" --plan "$WORK/plan.json" || code=$?
fi
if [ $code -ne 0 ]; then
  if [ -e "$WORK/hybrid/checkpoint.pt" ]; then
    say 'the hybrid was not trained to its end: its last checkpoint is exported' >&2
    python3 "$here/export.py" --checkpoint "$WORK/hybrid/checkpoint.pt" --tokenizer "$WORK/data/tokenizer.json" --out "$WORK/hybrid/export" && cp "$WORK/hybrid/export"/model-*.safetensors "$OUT/" && keep
  fi
  exit $code
fi

export_model hybrid
cp "$WORK/hybrid/export"/model-*.safetensors "$OUT/"
# What disagrees with transformers is measured all the same, before the run fails.
check=0
stage check 120 python3 "$here/check_transformers.py" "$WORK/hybrid/export" || check=$?
mkdir -p "$WORK/evaluation"
models=("hybrid=$WORK/hybrid/export")
if [ "$TWIN" = 1 ] && [ "$gpus" -lt 2 ]; then
  [ -e "$WORK/evaluation/evaluation.json" ] || stage evaluate-hybrid 120 python3 "$here/evaluate.py" --data "$WORK/data" --out "$WORK/evaluation" "${models[@]}"
  train twin 0 "$SECONDS_TRAINING" --plan "$WORK/plan.json" --twin || TWIN=failed
fi
if [ "$TWIN" = 1 ]; then
  export_model twin
  models+=("twin=$WORK/twin/export")
fi
stage evaluate 180 python3 "$here/evaluate.py" --data "$WORK/data" --out "$WORK/evaluation" "${models[@]}"
say "done: $(ls "$OUT" | tr '\n' ' ')"
if [ $check -ne 0 ]; then
  say 'but the export disagrees with transformers, see above' >&2
  exit $check
fi
if [ "$TWIN" = failed ]; then
  say 'all but the twin, whose training failed' >&2
  exit 1
fi
