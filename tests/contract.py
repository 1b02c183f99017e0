"""What every layer must do, checked on the layer alone: no plan, no training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cnncli.layers import LAYERS
from cnncli.layers.base import (
    Clock,
    Gradients,
    Layer,
    Setup,
    Shape,
    Site,
    image_shape,
    volume,
)
from cnncli.notation import parse

BATCH, IMAGES = 4, 3  # arrays hold one image more than is asked for
TRAINING = Setup(BATCH, mode="train")
PREDICTION = Setup(BATCH, differentiable=True)


def list_examples() -> list[tuple[Layer, tuple[Shape, ...]]]:
    """Return every example that a registered layer gives of itself, with its input shapes."""
    return [
        (kind() if kind.inputs is None else parse(text).layer, tuple(shapes))
        for kind in LAYERS.values()
        for text, *shapes in kind.examples()
    ]


class Bench:
    """A layer with arrays of its own: inputs, NaN where something is to be written, weights."""

    def __init__(
        self, layer: Layer, shapes: tuple[Shape, ...], setup: Setup = TRAINING, seed: int = 0
    ):
        self.layer, self.shapes = layer, shapes
        numbers = np.random.default_rng(seed)
        self.parameters = layer.parameters(*shapes)
        self.files = {}
        for name, parameter in self.parameters.items():
            values = (
                numbers.uniform(0.5, 1.5, parameter.shape)
                if name == "running_var"
                else (numbers.standard_normal(parameter.shape))
            )
            self.files[name] = values.astype(np.float32)
        output = layer.output_shape(*shapes)
        memory = layer.memory(setup, *shapes)
        x = tuple(draw_without_ties(numbers, (BATCH, *shape)) for shape in shapes)
        self.dx = tuple(blank(BATCH, *shape) for shape in shapes)
        self.dy = numbers.standard_normal((BATCH, *output)).astype(np.float32)
        self.dweights = {
            name: blank(parameter.size)
            for name, parameter in self.parameters.items()
            if parameter.learned and setup.training
        }
        self.site = Site(
            setup=setup,
            x=x,
            y=blank(BATCH, *output),
            weights={
                name: parameter.pack(self.files[name])
                for name, parameter in self.parameters.items()
            },
            saved=blank(memory.saved),
            scratch=blank(memory.scratch),
            prepared=blank(memory.prepared),
            clock=Clock(),
            gradients=Gradients(self.dy, self.dx, self.dweights) if setup.backward else None,
        )
        self.build()

    def build(self, **changes: Any) -> None:
        """Build the passes on the site, with changes to it."""
        self.site = replace(self.site, **changes)
        self.passes = self.layer.build(self.site)
        if self.passes.prepare is not None:
            self.passes.prepare()

    def forward(self, n: int) -> None:
        """Run forward."""
        self.passes.forward(n)

    def backward(self, n: int) -> None:
        """Run backward."""
        self.passes.backward(n)

    def answer(self) -> np.ndarray:
        """Run forward and return y as float64."""
        self.forward(IMAGES)
        return self.site.y[:IMAGES].astype(np.float64)


def blank(*shape: int) -> np.ndarray:
    """Return an array of NaN."""
    return np.full(shape, np.nan, np.float32)


def draw_without_ties(numbers: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return values without ties and far from zero, in random order."""
    size = volume(shape)
    values = (numbers.permutation(size) + 0.3) / size * 4 - 2
    return values.reshape(shape).astype(np.float32)


def widen(array: np.ndarray) -> np.ndarray:
    """Return a copy whose pixels are channels of wider ones, which are NaN beside them."""
    wide = blank(*array.shape[:-1], array.shape[-1] + 7)
    wide[..., 3:-4] = array
    return wide[..., 3:-4]


def stands_alone(array: np.ndarray) -> bool:
    """Say whether beside the pixels of `widen` there is still nothing but NaN."""
    wide = array.base
    return bool(np.isnan(wide[..., :3]).all() and np.isnan(wide[..., -4:]).all())


def check_layer(layer: Layer, *shapes: Shape) -> None:
    """Hold a layer to everything the engine relies on."""
    if layer.inputs is not None:
        check_text(layer)
    for setup in (TRAINING, PREDICTION):
        check_writes_everything_and_no_more(layer, shapes, setup)
        check_backward_reads_no_more_than_it_says(layer, shapes, setup)
        check_gradients(layer, shapes, setup)
        check_threads_and_batches(layer, shapes, setup)
        check_in_place(layer, shapes, setup)
    check_within_wider_pixels(layer, shapes)
    check_prediction_with_gradients_answers_alike(layer, shapes)
    check_scales(layer, shapes)
    check_sources(layer, shapes)


def check_text(layer: Layer) -> None:
    """Its text parses back to itself."""
    assert str(parse(str(layer))) == str(layer)
    assert parse(str(layer)).layer == layer


def check_writes_everything_and_no_more(
    layer: Layer, shapes: tuple[Shape, ...], setup: Setup
) -> None:
    """Outputs that held NaN are written in full; images beyond n are left alone."""
    bench = Bench(layer, shapes, setup)
    before = [x.copy() for x in bench.site.x]
    y = bench.site.y
    bench.forward(IMAGES)
    assert y.shape[1:] == layer.output_shape(*shapes)
    assert np.isfinite(y[:IMAGES]).all()
    assert np.isnan(y[IMAGES:]).all()
    nonzero = np.count_nonzero(y[:IMAGES]) / y[:IMAGES].size
    assert nonzero >= 0.3, "a test on zeros proves nothing"
    bench.backward(IMAGES)
    for dx in bench.dx:
        assert np.isfinite(dx[:IMAGES]).all()
        assert np.isnan(dx[IMAGES:]).all()
    for dweight in bench.dweights.values():
        assert np.isfinite(dweight).all()
    for x, kept in zip(bench.site.x, before, strict=True):
        assert np.array_equal(x, kept)


def check_backward_reads_no_more_than_it_says(
    layer: Layer, shapes: tuple[Shape, ...], setup: Setup
) -> None:
    """What is not in `backward_reads` may be gone by then."""
    bench = Bench(layer, shapes, setup)
    bench.forward(IMAGES)
    for name, arrays in (("x", bench.site.x), ("y", (bench.site.y,))):
        if name not in layer.backward_reads:
            for array in arrays:
                array.fill(np.nan)
    bench.backward(IMAGES)
    for array in (*(dx[:IMAGES] for dx in bench.dx), *bench.dweights.values()):
        assert np.isfinite(array).all()


def check_gradients(layer: Layer, shapes: tuple[Shape, ...], setup: Setup) -> None:
    """dx and every dw equal central differences along a random direction."""
    bench = Bench(layer, shapes, setup)
    dy = bench.dy[:IMAGES].astype(np.float64)
    bench.forward(IMAGES)
    bench.backward(IMAGES)
    numbers = np.random.default_rng(1)
    for x, dx in zip(bench.site.x, bench.dx, strict=True):
        direction = numbers.standard_normal(x[:IMAGES].shape)
        slope = measure_slope(bench, x[:IMAGES], direction, dy)
        assert_close(float((dx[:IMAGES] * direction).sum()), slope, direction.size)
    for name, dweight in bench.dweights.items():
        parameter = bench.parameters[name]
        gradient = parameter.unpack(dweight, parameter.shape)
        direction = numbers.standard_normal(parameter.shape)
        packed = parameter.pack(direction.astype(np.float32))
        slope = measure_slope(bench, bench.site.weights[name], packed, dy)
        assert_close(float((gradient * direction).sum()), slope, direction.size)
        beyond = dweight - parameter.pack(gradient)
        assert not beyond.any(), "lanes that stand for no weight must stay zero"


def measure_slope(bench: Bench, array: np.ndarray, direction: np.ndarray, dy: np.ndarray) -> float:
    """Return d(sum y*dy) along a direction, by central differences."""
    linear = bench.layer.family == "conv"  # then rounding is all that a larger step changes
    kept, eps = array.copy(), 0.1 if linear else 2e-3
    ends = []
    for sign in (1, -1):
        array[:] = kept + sign * eps * direction
        moved = array.astype(np.float64) - kept
        ends.append((float((bench.answer() * dy).sum()), moved))
    array[:] = kept
    size = float((ends[0][1] * direction).sum() - (ends[1][1] * direction).sum())
    return (ends[0][0] - ends[1][0]) / size * float((direction * direction).sum())


def assert_close(slope: float, expected: float, size: int) -> None:
    """Compare slopes; float32 central differences leave an error in the third digit."""
    assert abs(slope - expected) <= 4e-3 * max(abs(expected), np.sqrt(size)), (slope, expected)


def check_in_place(layer: Layer, shapes: tuple[Shape, ...], setup: Setup) -> None:
    """A layer that says so may write its first dx over dy; one that adds to dx adds its share."""
    fusing = layer.fusing(setup, *shapes)
    bench, other = Bench(layer, shapes, setup), Bench(layer, shapes, setup)
    dx = (other.dy, *other.dx[1:]) if fusing.dx_over_dy else other.dx
    if fusing.adds_to_dx:
        dx[0][:] = 3
    other.build(gradients=replace(other.site.gradients, dx=dx, adds=fusing.adds_to_dx))
    for ready in (bench, other):
        ready.forward(IMAGES)
        ready.backward(IMAGES)
    expected = bench.dx[0][:IMAGES] + (3 if fusing.adds_to_dx else 0)
    assert np.allclose(dx[0][:IMAGES], expected, rtol=1e-5, atol=1e-5)


def check_threads_and_batches(layer: Layer, shapes: tuple[Shape, ...], setup: Setup) -> None:
    """The same bits for 1, 2 and 3 threads; each image the same whatever stands beside it."""
    ends = []
    for threads in (1, 2, 3):
        bench = Bench(layer, shapes, replace(setup, threads=threads))
        bench.forward(IMAGES)
        y = bench.site.y[:IMAGES].copy()
        bench.backward(IMAGES)
        ends.append([y, *(dx[:IMAGES] for dx in bench.dx), *bench.dweights.values()])
    for other in ends[1:]:
        for first, second in zip(ends[0], other, strict=True):
            assert np.array_equal(first, second)
    if setup.training and layer.kind in ("bn", "dropout"):  # see the batch, or their place in it
        return
    bench = Bench(layer, shapes, setup)
    for x in bench.site.x:
        x[0] = x[2]
    bench.forward(1)
    assert np.array_equal(bench.site.y[0], ends[0][0][2])


def check_within_wider_pixels(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """Where it says that it can, it reads and writes channels of wider pixels, to the same bits."""
    setup = Setup(BATCH)
    fusing = layer.fusing(setup, *shapes)
    bench, wide = Bench(layer, shapes, setup), Bench(layer, shapes, setup)
    x, y = wide.site.x, wide.site.y
    wide.build(
        x=tuple(map(widen, x)) if fusing.reads_slices else x,
        y=widen(y) if fusing.writes_slices else y,
    )
    bench.forward(IMAGES)
    wide.forward(IMAGES)
    assert np.array_equal(wide.site.y, bench.site.y, equal_nan=True)
    assert not fusing.writes_slices or stands_alone(wide.site.y)


def check_prediction_with_gradients_answers_alike(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """That gradients are wanted changes no bit of a prediction."""
    answers = []
    for setup in (Setup(BATCH), PREDICTION):
        bench = Bench(layer, shapes, setup)
        bench.forward(IMAGES)
        answers.append(bench.site.y[:IMAGES])
    assert np.array_equal(*answers)


def check_scales(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """A layer without weights scales, y(64x) = 64y(x), just where it says so."""
    bench = Bench(layer, shapes, Setup(BATCH))
    before = bench.answer()
    for x in bench.site.x:
        x *= 64
    scales = np.allclose(bench.answer(), 64 * before, rtol=1e-6, atol=0)
    assert layer.scales == scales or layer.parameters(*shapes) or layer.inputs is None


def check_sources(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """A row or column of x changes those of y that are made of it, and no other."""
    before = _answer_as_image(Bench(layer, shapes, Setup(BATCH)))
    numbers = np.random.default_rng(1)
    for axis in (0, 1):
        sources = layer.find_sources(np.arange(before.shape[1 + axis]), axis, *shapes)
        for place in range(image_shape(shapes[0])[axis]):
            bench = Bench(layer, shapes, Setup(BATCH))
            for x in bench.site.x:
                image = x.reshape(BATCH, *image_shape(x.shape[1:]))
                lines = np.moveaxis(image, 1 + axis, 0)
                if len(lines) < image_shape(shapes[0])[axis]:  # a branch spread over the first
                    continue
                lines[place] += numbers.uniform(50, 150, lines[place].shape)
            after = _answer_as_image(bench)
            rounding = 1e-5 * np.abs(after).max()
            same = np.isclose(after, before, rtol=0, atol=rounding).all(axis=(0, 2 - axis, 3))
            assert same.tolist() == (sources != place).all(axis=1).tolist(), (axis, place)


def _answer_as_image(bench: Bench) -> np.ndarray:
    return bench.answer().reshape(IMAGES, *image_shape(bench.site.y.shape[1:]))
