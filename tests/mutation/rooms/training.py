"""Faults in the training."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "thresholds-are-those-before-the-temperature": Fault(
        "cnncli/training/calibration.py",
        "calibrated, task.learn_from_validation(calibrated)",
        "calibrated, task.learn_from_validation(judged)",
        ("tests/training/test_calibration.py",),
    ),
    "logits-are-multiplied-by-the-temperature": Fault(
        "cnncli/training/calibration.py",
        "weights[name] / np.float32(temperature)",
        "weights[name] * np.float32(temperature)",
        ("tests/training/test_calibration.py",),
    ),
    "validation-with-stale-folded-weights": Fault(
        "cnncli/training/loop.py",
        "        self.runner.refresh()\n",
        "",
        ("tests/training/test_loop.py",),
    ),
    "the-last-of-equal-epochs-is-the-best": Fault(
        "cnncli/training/stopping.py",
        "if gain > min_delta:",
        "if gain >= min_delta:",
        ("tests/training/test_loop.py",),
    ),
    "the-training-loss-is-the-mean-over-batches": Fault(
        "cnncli/training/loop.py",
        "        state.loss_sum += loss * n\n        state.samples += n\n",
        "        mean = state.loss_sum / max(state.samples, 1)\n"
        "        state.samples += n\n"
        "        mean += (loss - mean) / state.batches\n"
        "        state.loss_sum = mean * state.samples\n",
        ("tests/training/test_loop.py",),
    ),
    "the-order-ignores-the-seed": Fault(
        "cnncli/training/loop.py",
        "            seed=settings.seed,\n",
        "",
        ("tests/training/test_loop.py",),
    ),
    "the-noise-ignores-the-seed": Fault(
        "cnncli/training/loop.py",
        "Clock(seed=settings.seed)",
        "Clock()",
        ("tests/training/test_loop.py",),
    ),
    "the-first-weights-ignore-the-seed": Fault(
        "cnncli/training/beginning.py",
        "weights.initialize(settings.init, settings.seed)",
        "weights.initialize(settings.init)",
        ("tests/training/test_loop.py",),
    ),
    "steps-of-the-optimizer-are-not-restored": Fault(
        "cnncli/training/loop.py",
        "        self.optimizer.steps = self.state.steps - self.first\n",
        "",
        ("tests/training/test_state.py",),
    ),
    "the-batches-done-are-not-restored": Fault(
        "cnncli/training/state.py",
        'if name not in ("weights", "moments", "average"):',
        'if name not in ("weights", "moments", "average", "batches"):',
        ("tests/training/test_state.py",),
    ),
    "long-epochs-have-no-checkpoint": Fault(
        "cnncli/training/saving.py",
        "isinstance(event, Step) and since >= LONG",
        "isinstance(event, Step) and since >= 9 * LONG",
        ("tests/training/test_saving.py",),
    ),
    "two-processes-share-the-lock": Fault(
        "cnncli/training/lock.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        ("tests/training/test_lock.py",),
    ),
    "checkpoints-have-figures-that-are-no-numbers-as-0": Fault(
        "cnncli/training/packing.py",
        "return value if math.isfinite(value) else str(float(value))",
        "return value if math.isfinite(value) else 0.0",
        ("tests/training/test_checkpoint.py",),
    ),
    "a-network-is-trained-further-with-its-temperature": Fault(
        "cnncli/training/further.py",
        "trained.model.weights, 1 / temperature)",
        "trained.model.weights, 1.0)",
        ("tests/training/test_further.py",),
    ),
    "more-epochs-go-on-in-the-old-schedule": Fault(
        "cnncli/training/loop.py",
        "self.schedule, steps - first, self.steps - first, warmup",
        "self.schedule, steps, self.steps, warmup",
        ("tests/training/test_further.py",),
    ),
    "the-warm-up-begins-with-a-step-of-nothing": Fault(
        "cnncli/training/schedules.py",
        "return peak * (steps_done + 1) / (warmup + 1)",
        "return peak * steps_done / (warmup + 1)",
        ("tests/training/test_schedules.py",),
    ),
    "the-schedule-runs-during-the-warm-up": Fault(
        "cnncli/training/schedules.py",
        "schedule.factor((steps_done - warmup) /",
        "schedule.factor(steps_done /",
        ("tests/training/test_schedules.py",),
    ),
    "the-learning-rate-does-not-decay": Fault(
        "cnncli/training/schedules.py",
        "return peak * schedule.factor(",
        "return peak + 0 * schedule.factor(",
        ("tests/training/test_schedules.py",),
    ),
}
