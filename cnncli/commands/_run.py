"""A training as `train` runs it: shows how far it is, keeps the best network, makes the record."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.data.dataset import ImageSet
from cnncli.data.loader import Loader
from cnncli.data.pixels import PixelSet
from cnncli.data.source import TrainingData
from cnncli.data.tiles import TileLoader, Whole
from cnncli.engine import Weights
from cnncli.graph import Graph
from cnncli.layers.base import Array
from cnncli.model_file import Model, save_model
from cnncli.terminal import Interrupted, Progress, note
from cnncli.training.loop import Epoch, Training
from cnncli.training.prediction import Normalize, normalizer
from cnncli.training.settings import Settings

Images = NDArray[Any]


class Run:
    """One training, from images and settings to a model file."""

    def __init__(self, output: str, images: TrainingData, graph: Graph, settings: Settings) -> None:
        self.output, self.images, self.graph, self.settings = output, images, graph, settings
        self.task = images.task
        self.best: Epoch | None = None
        self.epochs: list[Epoch] = []
        self.started = time.monotonic()

    def untrained(self) -> dict[str, Any]:
        """Write the network as it begins; return the record."""
        weights = Weights(self.graph)
        weights.initialize(self.settings.init, self.settings.seed)
        return self._record(self._save(weights.dump()))

    def whole(self) -> dict[str, Any]:
        """Train to the end and return the record; whatever ends it before, the best is kept."""
        training = self._training()
        try:
            for epoch in training.run():
                self._tell(epoch)
        except BaseException:
            Interrupted.pending = 0
            if training.best_weights is not None and training.best is not None:
                self.best, self.task = training.best, training.best_task
                self._save(training.best_weights)
                note(f"the best so far, of epoch {self.best.epoch}, is kept in {self.output}")
            raise
        assert training.best_weights is not None
        self.best, self.task = training.best, training.best_task
        return self._record(self._save(training.best_weights))

    def _training(self) -> Training:
        own, settings = self.images.preprocessing, self.settings
        fill = normalizer(own.scale, own.shift)
        counted = "tiles" if self.task.per_pixel else f"{own.what}s"
        watched = _Watched(fill, settings.epochs, counted)
        train, val = self._loaders(watched, fill)
        watched.count = watched.done = train.samples
        training = Training(self.graph, settings, self.task, train, val)
        note(
            f"{self.graph.params:,} parameters, {self.graph.macs:,} MACs per {own.what}; "
            f"a step works in {training.plan.bytes / 1e6:.1f} MB on {settings.threads} threads"
        )
        return training

    def _loaders(
        self, watched: Normalize, fill: Normalize
    ) -> tuple[Loader | TileLoader, Loader | Whole | None]:
        """Return what the images to train on and to validate on are taken from."""
        size, seed = self.settings.batch_size, self.settings.seed
        train, val = self.images.train, self.images.val
        if isinstance(train, PixelSet) and isinstance(val, PixelSet):
            return TileLoader(train, size, watched, seed=seed), Whole(val, fill)
        assert isinstance(train, ImageSet)
        assert isinstance(val, ImageSet)
        checked = Loader(val, size, fill, shuffle=False) if len(val) else None
        return Loader(train, size, watched, seed=seed), checked

    def _tell(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        parts = [
            f"epoch {epoch.epoch}/{self.settings.epochs}",
            f"train loss {epoch.train_loss:.4f}",
        ]
        for name, value in epoch.validation.items():
            parts.append(f"{name.replace('_', ' ')} {value:.4f}")
        parts.append(f"lr {epoch.lr:.3g}")
        parts.append(f"{epoch.images_per_second:.0f} {self.images.preprocessing.what}s/s")
        note(", ".join(parts) + (" (best)" if epoch.best else ""))

    def _figures(self) -> dict[str, Any]:
        """Return what the kept network reached, with None for what nobody measured."""
        values = {
            name: None if self.best is None else self.best.figure(name)
            for name in ("train_loss", *self.task.monitors)
        }
        return {
            "epochs_run": len(self.epochs),
            "best_epoch": None if self.best is None else self.best.epoch,
            **{
                name: None if value is None or not math.isfinite(value) else value
                for name, value in values.items()
            },
        }

    def _save(self, weights: dict[str, Array]) -> str:
        """Write the model file; the number of threads stays out of it, as it changes nothing."""
        settings = asdict(self.settings)
        del settings["threads"]
        model = Model(
            arch=self.graph.text,
            input_shape=self.graph.input_shape,
            preprocessing=self.images.preprocessing.to_manifest(),
            classes=list(self.task.outputs),
            weights=weights,
            training={
                "settings": settings,
                "train_images": len(self.images.train),
                "val_images": len(self.images.val),
                **self._figures(),
            },
            task=self.task.to_manifest(),
        )
        return save_model(self.output, model, force=True)

    def _record(self, sha256: str) -> dict[str, Any]:
        speeds = [epoch.images_per_second for epoch in self.epochs]
        return {
            "schema": 1,
            "command": "train",
            "model": self.output,
            "arch": self.graph.text,
            "params": self.graph.params,
            self.task.plural: list(self.task.outputs),
            "train_images": len(self.images.train),
            "val_images": len(self.images.val),
            **self._figures(),
            "seconds": time.monotonic() - self.started,
            "images_per_second": statistics.median(speeds) if speeds else None,
            "sha256": sha256,
            **({"task": self.task.name} if self.task.to_manifest() else {}),
        }


class _Watched:
    """Makes batches ready as `fill` does, and shows how far the epoch is."""

    def __init__(self, fill: Normalize, epochs: int, what: str) -> None:
        self.fill, self.epochs, self.what = fill, epochs, what
        self.count = self.done = 0  # both the samples of an epoch, before the first
        self.epoch = 0

    def __call__(self, images: Images, indices: NDArray[np.int64], out: Array) -> None:
        """Fill a batch and count its images."""
        if self.done >= self.count:
            self.done = 0
            self.epoch += 1
            self.progress = Progress(self.count, self.what)
        self.fill(images, indices, out)
        self.done += len(indices)
        if self.done < self.count:
            self.progress.update(self.done, f"epoch {self.epoch}/{self.epochs}")
        else:
            self.progress.clear()
