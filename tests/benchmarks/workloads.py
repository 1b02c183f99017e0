"""The networks that are measured, in the notation of cnncli; torch_networks and keras_networks
have the same ones."""

from __future__ import annotations

from dataclasses import dataclass

NORMALIZED = "cbr(n) = conv(n, 3, pad=1, bias=no) >> bn >> relu\n"
RESIDUAL = """\
two(n, s) = conv(n, 3, s, 1, bias=no) >> bn >> relu >> conv(n, 3, pad=1, bias=no) >> bn
keep(n) = two(n, 1) + id >> relu
half(n) = two(n, 2) + (conv(n, 1, 2, bias=no) >> bn) >> relu
body = 2 * keep(64) >> half(128) >> keep(128) >> half(256) >> keep(256) >> half(512) >> keep(512)
"""
LENET5 = """\
conv(6, 5, pad=2) >> relu >> maxpool(2) >> conv(16, 5) >> relu >> maxpool(2)
>> dense(120) >> relu >> dense(84) >> relu >> dense(classes)
"""
VGG_SMALL = """\
two(n) = conv(n, 3, pad=1) >> relu >> conv(n, 3, pad=1) >> relu >> maxpool(2)
two(64) >> two(128) >> two(256) >> dense(256) >> relu >> dense(classes)
"""
STRIDED42 = """\
half(n) = conv(n, 3, 2, 1, bias=no) >> bn >> relu
half(16) >> half(64) >> half(128) >> global_avgpool >> dense(classes)
"""
RESNET18_32 = NORMALIZED + RESIDUAL + "cbr(64) >> body >> global_avgpool >> dense(classes)"
RESNET18_224 = f"""{RESIDUAL}
conv(64, 7, 2, 3, bias=no) >> bn >> relu >> maxpool(3, 2, 1)
>> body >> global_avgpool >> dense(classes)
"""
MOBILE_32 = f"""{NORMALIZED}
dw(n, s) = depthwise(3, s, 1, bias=no) >> bn >> relu >> conv(n, 1, bias=no) >> bn >> relu
cbr(32) >> dw(64, 1) >> dw(128, 2) >> dw(128, 1) >> dw(256, 2) >> dw(256, 1)
>> global_avgpool >> dense(classes)
"""
UNET_128 = """\
two(n) = conv(n, 3, pad=1) >> relu >> conv(n, 3, pad=1) >> relu
lowest = maxpool(2) >> two(128) >> deconv(64, 2, 2)
middle = maxpool(2) >> two(64) >> (id | lowest) >> two(64) >> deconv(32, 2, 2)
upper = maxpool(2) >> two(32) >> (id | middle) >> two(32) >> deconv(16, 2, 2)
two(16) >> (id | upper) >> two(16) >> conv(classes, 1)
"""
# Images and numbers of filters that are no multiples of a vector: 45, 22 and 11 pixels, 24 to 136.
ODD_FILTERS = f"""{NORMALIZED}
cbr(24) >> cbr(40) >> maxpool(2) >> cbr(72) >> cbr(72) >> maxpool(2) >> cbr(100) >> cbr(136)
>> global_avgpool >> dense(classes)
"""
ODD_WINDOWS = """\
wide(n) = conv(n, 5, pad=2) >> relu
wide(24) >> maxpool(2) >> wide(40) >> maxpool(2) >> wide(72) >> global_avgpool >> dense(classes)
"""
ODD_STRIDES = """\
half(n) = conv(n, 3, 2, 1, bias=no) >> bn >> relu
mix(n) = conv(n, 1, bias=no) >> bn >> relu
half(24) >> mix(40) >> half(72) >> mix(100) >> half(136) >> global_avgpool >> dense(classes)
"""


@dataclass(frozen=True)
class Workload:
    """A network, the size (height, width, channels) of its images, and the batch it is given."""

    name: str
    text: str
    size: tuple[int, int, int]
    classes: int
    batch: int

    @property
    def labels(self) -> tuple[int, ...]:
        """The shape of one image's labels: a class, or a map of them."""
        return self.size[:2] if self.name.startswith("unet") else ()


WORKLOADS = {
    one.name: one
    for one in (
        Workload("lenet5", LENET5, (28, 28, 1), 10, 64),
        Workload("vgg_small", VGG_SMALL, (32, 32, 3), 10, 64),
        Workload("strided42", STRIDED42, (64, 64, 3), 42, 64),
        Workload("resnet18_32", RESNET18_32, (32, 32, 3), 10, 32),
        Workload("resnet18_224", RESNET18_224, (224, 224, 3), 1000, 8),
        Workload("mobile_32", MOBILE_32, (32, 32, 3), 10, 64),
        Workload("unet_128", UNET_128, (128, 128, 1), 2, 8),
        Workload("odd_filters", ODD_FILTERS, (45, 45, 3), 10, 64),
        Workload("odd_windows", ODD_WINDOWS, (45, 45, 3), 10, 64),
        Workload("odd_strides", ODD_STRIDES, (45, 45, 3), 10, 64),
    )
}
