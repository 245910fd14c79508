"""Trains the hybrid, its softmax twin, or one of their teachers, for a given time.

    python3 train.py --data DIR --out DIR --seconds 300 [--twin | --teacher N] [--plan FILE] [--steps N] [--resume]

Hybrid and twin learn from what teachers expect (`teach.py`), teachers from the text alone, each from its own start and order.

How many steps fit into the time is measured over the first ones, and the schedule is laid over that number; should steps become slower, the rest is
shortened. `--plan FILE` is where the hybrid writes the number and the twin waits for it, so that both see the same tokens. Writes `checkpoint.pt`
every minute, from which `--resume` goes on as if nothing had happened, `log.jsonl`, and at the end `summary.json`.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import time

import torch

import recipe
from data import Batches, bits_per_byte, held_out_windows
from int4 import Int4Weights
from model import CausalLM
from optimiser import optimisers, set_rate

MEASURED = (12, 36)  # the steps over which a step's time is measured; the first ones compile
STEADY = 9  # lines of the log over whose median a later change of pace is noticed


@dataclasses.dataclass
class Options:
    data: str
    out: str
    seconds: float
    config: dict
    twin: bool = False
    teacher: int | None = None
    plan: str | None = None
    steps: int | None = None
    resume: bool = False
    batch: int = recipe.BATCH
    context: int = recipe.CONTEXT
    log_every: int = 20
    save_every: float = 60  # seconds
    device: str = "cuda"
    stop_at: int | None = None  # a step after which the run breaks off, as an interrupted one does


def rate_factor(step, total):
    if step < recipe.WARM_UP or total is None:
        return min(1.0, (step + 1) / recipe.WARM_UP)
    return min(1.0, (total - step) / (recipe.COOL_DOWN * total))


class Run:
    def __init__(self, options):
        self.o = options
        self.began = time.monotonic()
        self.cuda = options.device == "cuda"
        taught = options.teacher is None
        seed = recipe.SEED if taught else recipe.SEED + 100 + options.teacher
        torch.manual_seed(seed)
        torch.set_float32_matmul_precision("high")
        os.makedirs(options.out, exist_ok=True)
        self.model = CausalLM(options.config).to(options.device)
        rates = (recipe.MATRIX_RATE, recipe.OTHER_RATE, recipe.WEIGHT_DECAY) if taught else (recipe.TEACHER_RATE, recipe.TEACHER_RATE, recipe.TEACHER_WEIGHT_DECAY)
        self.optimisers = optimisers(self.model, *rates)
        self.batches = Batches(options.data, options.batch, options.context, seed, options.device, recipe.MIXTURE if taught else recipe.TEACHER_MIXTURE, taught)
        self.quantised = recipe.QUANTISED if taught else 0.0
        self.held_out = {name: self.padded(*held_out_windows(options.data, name, options.context, options.device, options.batch)) for name in recipe.MIXTURE}
        self.step, self.total, self.planned, self.spent = 0, options.steps, options.steps, 0.0
        self.interval = (0, 0.0)  # step and seconds from which the next line of the log counts
        self.speeds = []  # seconds a step, by lines of the log
        if options.resume:
            self.load()
        self.log_file = open(os.path.join(options.out, "log.jsonl"), "a" if options.resume else "w")
        self.dtype = torch.bfloat16 if self.cuda else torch.float32
        if self.cuda:
            self.model.compile()
        else:
            print("train: no GPU: float32 without compilation, for tests only", flush=True)
        self.int4 = Int4Weights(self.model, compiled=self.cuda) if taught else None
        if self.int4:
            with self.int4:  # compiled now rather than late in the run
                pass

    def padded(self, inputs, targets, tokens_per_byte):
        """As many windows as a batch has, so that what is compiled serves."""
        missing = self.o.batch - inputs.shape[0]
        return torch.nn.functional.pad(inputs, (0, 0, 0, missing)), torch.nn.functional.pad(targets, (0, 0, 0, missing), value=-100), tokens_per_byte

    @property
    def seconds(self):
        """Since the start, those before an interruption included."""
        return self.spent + time.monotonic() - self.began

    def wait(self):
        if self.cuda:
            torch.cuda.synchronize()

    def log(self, **entry):
        line = json.dumps({"step": self.step, "seconds": round(self.seconds, 1), **entry})
        print(line, flush=True)
        self.log_file.write(line + "\n")
        self.log_file.flush()

    @property
    def checkpoint(self):
        return os.path.join(self.o.out, "checkpoint.pt")

    def save(self):
        state = {
            "config": self.o.config,
            "model": self.model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "batches": self.batches.state,
            "step": self.step,
            "total": self.total,
            "planned": self.planned,
            "seconds": self.seconds,
        }
        torch.save(state, self.checkpoint + ".new")
        os.replace(self.checkpoint + ".new", self.checkpoint)

    def load(self):
        state = torch.load(self.checkpoint, map_location=self.o.device, weights_only=True)
        if state["config"] != self.o.config:
            raise SystemExit(f"train: {self.checkpoint} is of another model")
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(saved)
        self.batches.state = state["batches"]
        self.step, self.total, self.planned, self.spent = state["step"], state["total"], state["planned"], state["seconds"]

    def measure(self):
        """Held-out bits per byte by source. Gradients stay on, because what is compiled without them would be another program, and so does training mode where nothing is dropped."""
        self.model.train("residual_dropout" not in self.o.config)
        self.log(heldOut={name: round(bits_per_byte(self.model.losses(inputs, targets, self.dtype).detach(), targets, ratio), 4) for name, (inputs, targets, ratio) in self.held_out.items()})
        self.model.train()

    def write_plan(self):
        if self.o.plan and not self.o.twin:
            with open(self.o.plan + ".new", "w") as file:
                json.dump({"steps": self.total}, file)
            os.replace(self.o.plan + ".new", self.o.plan)

    def read_plan(self):
        with open(self.o.plan) as file:
            return max(self.step + 1, json.load(file)["steps"])

    def plan(self):
        """The number of steps, as soon as it is known."""
        if self.o.twin and self.o.plan:
            while self.step >= recipe.WARM_UP - 1 and not os.path.exists(self.o.plan):
                if self.seconds > self.o.seconds:
                    raise SystemExit(f"train: the twin waited for {self.o.plan} in vain")
                time.sleep(0.5)
            if os.path.exists(self.o.plan):
                self.total = self.read_plan()
        elif self.step == MEASURED[0]:
            self.wait()
            self.measured_from = self.seconds
        elif self.step == MEASURED[1]:
            self.wait()
            per_step = (self.seconds - self.measured_from) / (MEASURED[1] - MEASURED[0])
            left = 0.96 * (self.o.seconds - self.seconds) - 4  # measuring, saving and the slower last steps
            self.total = max(recipe.WARM_UP + 1, self.step + int(left / per_step))
            self.write_plan()
        if self.total is not None:
            self.planned = self.total
            self.log(steps=self.total, tokens=self.total * self.o.batch * self.o.context)
            self.interval = (self.step, self.seconds)  # without what was waited for

    def replan(self):
        """Where steps have become slower and the time will not do for all that are planned, as many as it will do for; the twin follows the hybrid."""
        if self.total is None or len(self.speeds) < STEADY:
            return
        if self.o.twin and self.o.plan:
            self.planned = self.read_plan()
        per_step = sorted(self.speeds[-STEADY:])[STEADY // 2]
        steps = min(self.planned, self.step + max(1, int((self.o.seconds - self.seconds) / per_step)))
        if steps != self.total:
            self.log(stepsBefore=self.total, steps=steps)
            self.total = steps
            self.write_plan()

    def one_step(self):
        done = 0 if self.total is None else self.step / self.total
        inputs, targets, expected = self.batches.next(self.step, done >= 1 - recipe.COOL_DOWN)
        with self.int4 if self.quantised and done >= 1 - self.quantised else contextlib.nullcontext():
            loss = self.model.losses(inputs, targets, self.dtype, expected).mean()
            loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), recipe.CLIP)
        set_rate(self.optimisers, rate_factor(self.step, self.total))
        for optimiser in self.optimisers:
            optimiser.step()
        self.model.zero_grad(set_to_none=True)
        self.step += 1
        return loss.detach(), norm

    def train(self):
        losses, saved = [], self.seconds
        self.interval = (self.step, self.seconds)
        while self.total is None or self.step < self.total:
            if self.total is None:
                self.plan()
            loss, norm = self.one_step()
            losses.append(loss)
            if self.o.stop_at == self.step:
                self.save()
                return
            if self.step % self.o.log_every and self.step != self.total:
                continue
            mean = torch.stack(losses).mean().item()  # waits for the device
            since, then = self.interval
            self.speeds.append((self.seconds - then) / (self.step - since))
            self.log(loss=round(mean, 4), gradient=round(norm.item(), 3), rate=round(rate_factor(self.step - 1, self.total), 4), tokensPerSecond=round(self.o.batch * self.o.context / self.speeds[-1]))
            if not mean < float("inf"):
                raise SystemExit("train: the loss is no longer a number; the last checkpoint is from before")
            if self.step != self.total:
                self.replan()
            if self.total is not None and self.step // self.o.log_every % max(1, self.total // self.o.log_every // 8) == 0:
                self.measure()
            if self.seconds - saved > self.o.save_every:
                self.save()
                saved = self.seconds
            losses, self.interval = [], (self.step, self.seconds)
        self.measure()
        self.save()
        per_step = sorted(self.speeds)[len(self.speeds) // 2]
        summary = {
            "parameters": sum(p.numel() for p in self.model.parameters()),
            "steps": self.step,
            "tokens": self.step * self.o.batch * self.o.context,
            "seconds": round(self.seconds, 1),
            "tokensPerSecond": round(self.o.batch * self.o.context / per_step),
            "device": torch.cuda.get_device_name() if self.cuda else "cpu",
            "torch": torch.__version__,
        }
        with open(os.path.join(self.o.out, "summary.json"), "w") as file:
            json.dump(summary, file, indent=2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--twin", action="store_true")
    which.add_argument("--teacher", type=int)
    parser.add_argument("--plan")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--resume", action="store_true")
    arguments = vars(parser.parse_args())
    if not torch.cuda.is_available():
        raise SystemExit("train: needs a GPU")
    config = recipe.TEACHER if arguments["teacher"] is not None else recipe.TWIN if arguments["twin"] else recipe.HYBRID
    Run(Options(config=config, **arguments)).train()
