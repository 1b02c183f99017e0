"""What every layer must do, checked on the layer alone: no plan, no training."""

from __future__ import annotations

import numpy as np

from cnncli.layers.base import Layer, Setup, Shape, Site, volume
from cnncli.notation import parse

BATCH, IMAGES = 4, 3  # arrays hold one image more than is asked for


class Bench:
    """A layer with arrays of its own: inputs, NaN where something is to be written, weights."""

    def __init__(self, layer: Layer, shapes: tuple[Shape, ...], threads: int = 1, seed: int = 0):
        self.layer, self.shapes = layer, shapes
        numbers = np.random.default_rng(seed)
        self.parameters = layer.parameters(*shapes)
        self.files = {}
        for name, one in self.parameters.items():
            values = (
                numbers.uniform(0.5, 1.5, one.shape)
                if name == "running_var"
                else (numbers.standard_normal(one.shape))
            )
            self.files[name] = values.astype(np.float32)
        output = layer.output_shape(*shapes)
        setup = Setup(BATCH, threads, training=True)
        nan = np.float32("nan")
        self.site = Site(
            setup=setup,
            x=tuple(kinkless(numbers, (BATCH, *shape)) for shape in shapes),
            y=np.full((BATCH, *output), nan, np.float32),
            dx=tuple(np.full((BATCH, *shape), nan, np.float32) for shape in shapes),
            dy=numbers.standard_normal((BATCH, *output)).astype(np.float32),
            weights={name: one.pack(self.files[name]) for name, one in self.parameters.items()},
            gradients={
                name: np.full(one.size, nan, np.float32)
                for name, one in self.parameters.items()
                if one.learned
            },
            saved=np.full(layer.saved_size(BATCH, *shapes), nan, np.float32),
            scratch=np.full(layer.scratch_size(setup, *shapes), nan, np.float32),
        )
        self.forward, self.backward = layer.build(self.site)

    def answer(self) -> np.ndarray:
        """Run forward and return y as float64."""
        self.forward(IMAGES)
        return self.site.y[:IMAGES].astype(np.float64)


def within(array: np.ndarray) -> np.ndarray:
    """Return a copy whose pixels are channels of wider ones, which are NaN beside them."""
    wide = np.full((*array.shape[:-1], array.shape[-1] + 7), np.nan, np.float32)
    wide[..., 3:-4] = array
    return wide[..., 3:-4]


def stands_alone(array: np.ndarray) -> bool:
    """Say whether beside the pixels of `within` there is still nothing but NaN."""
    wide = array.base
    return bool(np.isnan(wide[..., :3]).all() and np.isnan(wide[..., -4:]).all())


def kinkless(numbers: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return values without ties and far from zero, in random order."""
    size = volume(shape)
    values = (numbers.permutation(size) + 0.3) / size * 4 - 2
    return values.reshape(shape).astype(np.float32)


def check_layer(layer: Layer, *shapes: Shape) -> None:
    """Hold a layer to everything the engine relies on."""
    if layer.inputs is not None:
        check_text(layer)
    check_writes_everything_and_no_more(layer, shapes)
    check_backward_reads_no_more_than_it_says(layer, shapes)
    check_gradients(layer, shapes)
    check_threads_and_batches(layer, shapes)
    check_in_place(layer, shapes)
    check_within_wider_pixels(layer, shapes)


def check_text(layer: Layer) -> None:
    """Its text parses back to itself."""
    assert str(parse(str(layer))) == str(layer)
    assert parse(str(layer)).layer == layer


def check_writes_everything_and_no_more(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """Outputs that held NaN are written in full; images beyond n are left alone."""
    bench = Bench(layer, shapes)
    before = [x.copy() for x in bench.site.x]
    bench.forward(IMAGES)
    assert bench.site.y.shape[1:] == layer.output_shape(*shapes)
    assert np.isfinite(bench.site.y[:IMAGES]).all()
    assert np.isnan(bench.site.y[IMAGES:]).all()
    nonzero = np.count_nonzero(bench.site.y[:IMAGES]) / bench.site.y[:IMAGES].size
    assert nonzero >= 0.3, "a test on zeros proves nothing"
    bench.backward(IMAGES)
    for dx in bench.site.dx:
        assert np.isfinite(dx[:IMAGES]).all()
        assert np.isnan(dx[IMAGES:]).all()
    for gradient in bench.site.gradients.values():
        assert np.isfinite(gradient).all()
    for x, kept in zip(bench.site.x, before, strict=True):
        assert np.array_equal(x, kept)


def check_backward_reads_no_more_than_it_says(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """What is not in `backward_reads` may be gone by then."""
    bench = Bench(layer, shapes)
    bench.forward(IMAGES)
    for name, arrays in (("x", bench.site.x), ("y", (bench.site.y,))):
        if name not in layer.backward_reads:
            for array in arrays:
                array.fill(np.nan)
    bench.backward(IMAGES)
    for array in (*(dx[:IMAGES] for dx in bench.site.dx), *bench.site.gradients.values()):
        assert np.isfinite(array).all()


def check_gradients(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """dx and every dw equal central differences along a random direction."""
    bench = Bench(layer, shapes)
    dy = bench.site.dy[:IMAGES].astype(np.float64)
    bench.forward(IMAGES)
    bench.backward(IMAGES)
    numbers = np.random.default_rng(1)
    for x, dx in zip(bench.site.x, bench.site.dx, strict=True):
        direction = numbers.standard_normal(x[:IMAGES].shape)
        slope = _slope(bench, x[:IMAGES], direction, dy)
        assert_close(float((dx[:IMAGES] * direction).sum()), slope, direction.size)
    for name, one in bench.parameters.items():
        if not one.learned:
            continue
        gradient = one.unpack(bench.site.gradients[name], one.shape)
        direction = numbers.standard_normal(one.shape)
        packed = one.pack(direction.astype(np.float32))
        slope = _slope(bench, bench.site.weights[name], packed, dy)
        assert_close(float((gradient * direction).sum()), slope, direction.size)
        beyond = bench.site.gradients[name] - one.pack(gradient)
        assert not beyond.any(), "lanes that stand for no weight must stay zero"


def _slope(bench: Bench, array: np.ndarray, direction: np.ndarray, dy: np.ndarray) -> float:
    """Return d(sum y*dy) along a direction, by central differences."""
    kept, eps = array.copy(), 2e-3
    ends = []
    for sign in (1, -1):
        array[:] = kept + sign * eps * direction
        moved = array.astype(np.float64) - kept
        ends.append((float((bench.answer() * dy).sum()), moved))
    array[:] = kept
    size = float((ends[0][1] * direction).sum() - (ends[1][1] * direction).sum())
    return (ends[0][0] - ends[1][0]) / size * float((direction * direction).sum())


def assert_close(found: float, expected: float, size: int) -> None:
    """Compare slopes; float32 central differences leave an error in the third digit."""
    assert abs(found - expected) <= 4e-3 * max(abs(expected), np.sqrt(size)), (found, expected)


def check_in_place(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """A layer that says so may write its first dx over dy; one that adds to dx adds its share."""
    bench, other = Bench(layer, shapes), Bench(layer, shapes)
    if layer.dx_over_dy:
        other.site.dx = (other.site.dy, *other.site.dx[1:])
    if layer.adds_to_dx:
        other.site.adds = True
        other.site.dx[0][:] = 3
    _, backward = layer.build(other.site)
    bench.forward(IMAGES)
    other.forward(IMAGES)
    bench.backward(IMAGES)
    backward(IMAGES)
    expected = bench.site.dx[0][:IMAGES] + (3 if layer.adds_to_dx else 0)
    assert np.allclose(other.site.dx[0][:IMAGES], expected, rtol=1e-5, atol=1e-5)


def check_threads_and_batches(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """The same bits for 1, 2 and 3 threads; each image the same whatever stands beside it."""
    ends = []
    for threads in (1, 2, 3):
        bench = Bench(layer, shapes, threads)
        bench.forward(IMAGES)
        y = bench.site.y[:IMAGES].copy()
        bench.backward(IMAGES)
        ends.append([y, *(dx[:IMAGES] for dx in bench.site.dx), *bench.site.gradients.values()])
    for other in ends[1:]:
        for one, two in zip(ends[0], other, strict=True):
            assert np.array_equal(one, two)
    if layer.kind in ("bn", "dropout"):  # they look at the whole batch, and at the position in it
        return
    bench = Bench(layer, shapes)
    for x in bench.site.x:
        x[0] = x[2]
    bench.forward(1)
    assert np.array_equal(bench.site.y[0], ends[0][0][2])


def check_within_wider_pixels(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """Where it says that it can, it reads and writes channels of wider pixels, to the same bits."""
    writes = layer.writes_within(Setup(BATCH), *shapes)
    site = prediction(Bench(layer, shapes).site, layer, reads_within=False, writes_within=False)
    wide = prediction(Bench(layer, shapes).site, layer, layer.reads_within, writes)
    assert np.array_equal(wide.y, site.y, equal_nan=True)
    assert not writes or stands_alone(wide.y)


def prediction(site: Site, layer: Layer, reads_within: bool, writes_within: bool) -> Site:
    """Run forward as in a prediction; return the site it ran on."""
    shapes = [x.shape[1:] for x in site.x]
    site.setup, site.dy = Setup(BATCH), None
    site.prepared = np.full(layer.prepared_size(site.setup, *shapes), np.nan, np.float32)
    site.x = tuple(map(within, site.x)) if reads_within else site.x
    site.y = within(site.y) if writes_within else site.y
    forward, _ = layer.build(site)
    if site.prepare is not None:
        site.prepare()
    forward(IMAGES)
    return site
