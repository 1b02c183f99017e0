"""Images and masks seen through a matrix against a slow version, on every instruction set."""

import math

import numpy as np
import pytest
from fence import ISAS, blank, every_isa, kernel_modules, stands

every_sample = every_isa("sample")
BORDERS = ("reflect", "edge", "zero")
NO_COLORS = np.empty(0, np.float32)
SCALE, SHIFT = np.float32([0.02, 0.5, 0.017]), np.float32([-2.1, 0.25, 0])


def noise(height, width, channels, seed=0):
    """Return an image of any colors."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def find(i, length, border):
    """Return where row or column i of so many stands; None where it does not."""
    if border == "zero":
        return i if 0 <= i < length else None
    if border == "edge":
        return min(max(i, 0), length - 1)
    while not 0 <= i < length:
        i = (-i if i < 0 else 2 * (length - 1) - i) if length > 1 else 0
    return i


def look(matrix, column, row):
    x, y, depth = matrix @ (column, row, 1)
    return x / depth, y / depth


def sample_slowly(image, matrix, border, size):
    """Return an image (h, w, C) through a matrix as float64 (H, W, C), not normalized."""
    height, width, channels = image.shape
    y = np.zeros((*size, channels))
    for row, column in np.ndindex(size):
        across, down = look(matrix, column, row)
        left, top = math.floor(across), math.floor(down)
        for j, i in np.ndindex(2, 2):
            share = abs(1 - j - (down - top)) * abs(1 - i - (across - left))
            place = find(top + j, height, border), find(left + i, width, border)
            if share and None not in place:
                y[row, column] += share * image[place]
    return y


def draw_matrices(n):
    """Return matrices that turn, enlarge, slant, move and tilt."""
    numbers = np.random.default_rng(4)
    matrices = np.tile(np.eye(3), (n, 1, 1))
    matrices[:, :2, :2] += numbers.normal(0, 0.4, (n, 2, 2))
    matrices[:, :2, 2] = numbers.uniform(-9, 9, (n, 2))
    matrices[::2, 2, :2] = numbers.uniform(-0.02, 0.02, matrices[::2, 2, :2].shape)
    return matrices


def sample(kernels, images, indices, matrices, *, border="reflect", size=None, colors=NO_COLORS,
           threads=2):  # fmt: skip
    n, channels = len(indices), images.shape[-1]
    height, width = size or images.shape[1:3]
    y = blank(n * height * width * channels)
    kernels.sample_images(
        n, height, width, channels, *images.shape[1:3], np.array(indices, np.int64),
        images.reshape(-1), matrices.reshape(-1), BORDERS.index(border), colors.reshape(-1),
        SCALE[:channels].copy(), SHIFT[:channels].copy(), y, threads,
    )  # fmt: skip
    assert stands(y)
    return y.reshape(n, height, width, channels)


@every_sample
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize(
    ("height", "width", "channels", "size"),
    [(7, 9, 3, (7, 9)), (5, 4, 1, (6, 8)), (6, 5, 2, (3, 4)), (1, 6, 3, (4, 4)), (9, 1, 1, (3, 3))],
)
def test_an_image_is_interpolated_where_its_matrix_looks(
    kernels, border, height, width, channels, size
):
    images = np.stack([noise(height, width, channels, seed) for seed in range(3)])
    matrices, indices = draw_matrices(6), [2, 0, 1, 1, 2, 0]
    y = sample(kernels, images, indices, matrices, border=border, size=size)
    for i, index in enumerate(indices):
        slow = sample_slowly(images[index], matrices[i], border, size)
        assert np.allclose(y[i], slow * SCALE[:channels] + SHIFT[:channels], atol=2e-4)


@every_sample
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("matrix", [
    [[1, 0, 3], [0, 1, -2], [0, 0, 1]],
    [[-1, 0, 5], [0, 1, 0], [0, 0, 1]],
    [[0, -1, 5], [1, 0, 0], [0, 0, 1]],
    [[1, 0, -40], [0, 1, 31], [0, 0, 1]],
])  # fmt: skip
def test_whole_moves_show_whole_pixels(kernels, border, matrix):
    image, matrix = noise(6, 6, 3), np.array(matrix, float)
    y = sample(kernels, image[None], [0], matrix[None], border=border)
    slow = sample_slowly(image, matrix, border, (6, 6)).astype(np.float32)
    assert np.allclose(y[0], slow * SCALE + SHIFT, rtol=2e-7, atol=2e-7)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("isa", ISAS)
def test_an_image_that_stays_is_normalized_to_the_bit_as_without_a_matrix(isa, channels):
    image = noise(16, 16, channels)
    y = sample(kernel_modules("sample")[isa], image[None], [0], np.eye(3)[None])
    plain = blank(image.size)
    kernel_modules("elementwise")[isa].normalize_images(
        1, 256, channels, np.zeros(1, np.int64), image.reshape(-1), SCALE[:channels].copy(),
        SHIFT[:channels].copy(), plain, 1,
    )  # fmt: skip
    assert y.tobytes() == plain.tobytes()


@every_sample
def test_colors_mix_the_channels_and_end_at_black_and_white(kernels):
    image = noise(8, 8, 3)
    color = np.random.default_rng(1).normal(0.4, 0.6, (1, 3, 4)).astype(np.float32)
    color[0, :, 3] *= 50
    y = sample(kernels, image[None], [0], np.eye(3)[None], colors=color)
    mixed = np.clip(image @ color[0, :, :3].T.astype(float) + color[0, :, 3], 0, 255)
    assert 0 < np.mean((mixed == 0) | (mixed == 255)) < 1
    assert np.allclose(y[0], mixed * SCALE + SHIFT, atol=2e-4)


@every_sample
def test_each_image_has_a_color_of_its_own(kernels):
    images = np.stack([noise(4, 4, 1, seed) for seed in range(2)])
    colors = np.float32([[[0, 7]], [[1, 0]]])
    y = sample(kernels, images, [0, 1], np.tile(np.eye(3), (2, 1, 1)), colors=colors)
    assert np.allclose(y[0], 7 * SCALE[0] + SHIFT[0])
    assert np.allclose(y[1], images[1] * SCALE[0] + SHIFT[0])


@every_sample
def test_threads_change_no_bit(kernels):
    images = np.stack([noise(40, 40, 3, seed) for seed in range(12)])
    alone, shared = (
        sample(kernels, images, range(12), draw_matrices(12), threads=threads) for threads in (1, 4)
    )
    assert alone.tobytes() == shared.tobytes()


@every_sample
def test_a_horizon_within_the_image_is_not_looked_beyond(kernels):
    matrix = np.array([[1, 0, 0], [0, 1, 0], [0.5, 0, -1]], float)  # 0 / 0 in column 2, row 0
    matrix[0, 2] = -2
    y = sample(kernels, noise(5, 5, 3)[None], [0], matrix[None])
    assert np.isfinite(y).all()


@every_sample
@pytest.mark.parametrize("border", BORDERS)
def test_a_mask_shows_the_nearest_class_and_none_beyond_a_zero_border(kernels, border):
    classes = np.random.default_rng(3).integers(-1, 5, (6, 7)).astype(np.int8)
    for matrix in draw_matrices(5):
        y = np.full((8, 5), 99, np.int32)
        kernels.sample_classes(
            8, 5, 6, 7, classes.reshape(-1), matrix.reshape(-1), BORDERS.index(border),
            y.reshape(-1),
        )  # fmt: skip
        for row, column in np.ndindex(8, 5):
            x, down = look(matrix, column, row)
            place = (
                find(math.floor(down + 0.5), 6, border), find(math.floor(x + 0.5), 7, border)
            )  # fmt: skip
            assert y[row, column] == (-1 if None in place else classes[place])
