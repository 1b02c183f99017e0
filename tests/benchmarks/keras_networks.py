"""The workloads as Keras models, NHWC.

Strided layers pad as TensorFlow does (`same`: an odd row or column goes to the bottom right), which
costs it no step of its own; outputs have the sizes, and layers the parameters, of the others.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from keras import Input, Model, layers

Tensor = Any


def conv(x: Tensor, outputs: int, size: int = 3) -> Tensor:
    return layers.Conv2D(outputs, size, padding="same", activation="relu")(x)


def normalize(x: Tensor, relu: bool = True) -> Tensor:
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return layers.ReLU()(x) if relu else x


def normalized(
    x: Tensor, outputs: int, size: int = 3, stride: int = 1, relu: bool = True
) -> Tensor:
    x = layers.Conv2D(outputs, size, stride, padding="same", use_bias=False)(x)
    return normalize(x, relu)


def mean_and_dense(x: Tensor, classes: int) -> Tensor:
    return layers.Dense(classes)(layers.GlobalAveragePooling2D()(x))


def lenet5(x: Tensor, classes: int) -> Tensor:
    x = layers.Conv2D(6, 5, padding="same", activation="relu")(x)
    x = layers.Conv2D(16, 5, activation="relu")(layers.MaxPooling2D(2)(x))
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    x = layers.Dense(84, activation="relu")(layers.Dense(120, activation="relu")(x))
    return layers.Dense(classes)(x)


def vgg_small(x: Tensor, classes: int) -> Tensor:
    for outputs in (64, 128, 256):
        x = layers.MaxPooling2D(2)(conv(conv(x, outputs), outputs))
    return layers.Dense(classes)(layers.Dense(256, activation="relu")(layers.Flatten()(x)))


def strided42(x: Tensor, classes: int) -> Tensor:
    for outputs in (16, 64, 128):
        x = normalized(x, outputs, stride=2)
    return mean_and_dense(x, classes)


def residual(x: Tensor, outputs: int, stride: int) -> Tensor:
    body = normalized(normalized(x, outputs, 3, stride), outputs, relu=False)
    shortcut = x if stride == 1 else normalized(x, outputs, 1, stride, relu=False)
    return layers.ReLU()(layers.Add()([body, shortcut]))


def resnet18(x: Tensor, classes: int) -> Tensor:
    for outputs, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        x = residual(residual(x, outputs, stride), outputs, 1)
    return mean_and_dense(x, classes)


def resnet18_32(x: Tensor, classes: int) -> Tensor:
    return resnet18(normalized(x, 64), classes)


def resnet18_224(x: Tensor, classes: int) -> Tensor:
    x = layers.MaxPooling2D(3, 2, padding="same")(normalized(x, 64, 7, 2))
    return resnet18(x, classes)


def mobile_32(x: Tensor, classes: int) -> Tensor:
    x = normalized(x, 32)
    for outputs, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1)]:
        x = normalize(layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x))
        x = normalized(x, outputs, 1)
    return mean_and_dense(x, classes)


def level(x: Tensor, width: int, levels: int) -> Tensor:
    """One level of a U-Net: what is found at this resolution, beside what is found below."""
    x = conv(conv(x, width), width)
    if levels == 1:
        return x
    below = level(layers.MaxPooling2D(2)(x), 2 * width, levels - 1)
    below = layers.Conv2DTranspose(width, 2, 2)(below)
    return reduce(conv, (width, width), layers.Concatenate()([x, below]))


def unet_128(x: Tensor, classes: int) -> Tensor:
    return layers.Conv2D(classes, 1)(level(x, 16, 4))


def odd_filters(x: Tensor, classes: int) -> Tensor:
    for outputs, last in [(24, 40), (72, 72)]:
        x = layers.MaxPooling2D(2)(normalized(normalized(x, outputs), last))
    return mean_and_dense(normalized(normalized(x, 100), 136), classes)


def odd_windows(x: Tensor, classes: int) -> Tensor:
    for outputs in (24, 40):
        x = layers.MaxPooling2D(2)(conv(x, outputs, 5))
    return mean_and_dense(conv(x, 72, 5), classes)


def odd_strides(x: Tensor, classes: int) -> Tensor:
    for outputs, size, stride in [(24, 3, 2), (40, 1, 1), (72, 3, 2), (100, 1, 1), (136, 3, 2)]:
        x = normalized(x, outputs, size, stride)
    return mean_and_dense(x, classes)


NETWORKS = {
    build.__name__: build
    for build in (
        lenet5, vgg_small, strided42, resnet18_32, resnet18_224, mobile_32, unet_128,
        odd_filters, odd_windows, odd_strides,
    )
}  # fmt: skip


def network(name: str, size: tuple[int, int, int], classes: int) -> Model:
    images = Input(size)
    return Model(images, NETWORKS[name](images, classes))
