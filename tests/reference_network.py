"""A slow, obvious twin of a prediction in float64: answers, and gradients of every value.

It knows the layers of the networks that tests differentiate; images are NHWC, weights those of the
model file.
"""

import numpy as np
import reference
import reference_conv

from cnncli.engine import Weights
from cnncli.graph import INPUT, Graph, Node


class Network:
    """Runs a graph layer by layer; `forward`, then `backward`, then read `values`, `gradients`."""

    def __init__(self, graph: Graph, weights: Weights, relu_gradient: str = "true"):
        self.graph, self.relu_gradient = graph, relu_gradient
        self.weights = {name: array.astype(np.float64) for name, array in weights.dump().items()}

    def forward(self, images: np.ndarray) -> np.ndarray:
        """Return the logits; `values` has what every layer answers, by its name."""
        self.values = {"input": images.astype(np.float64)}
        for node in self.graph.nodes:
            self.values[node.name] = self._run(
                node, [self.values[name] for name in self._reads(node)]
            )
        return self.values[self._logits()]

    def backward(self, gradient: np.ndarray, of: str | None = None) -> None:
        """Carry the gradient of a value, None: the logits, back to `gradients`, by name."""
        self.gradients = {name: np.zeros(value.shape) for name, value in self.values.items()}
        self.gradients[of or self._logits()] = gradient.astype(np.float64)
        for node in reversed(self.graph.nodes):
            inputs = [self.values[name] for name in self._reads(node)]
            shares = self._differentiate(node, inputs, self.gradients[node.name])
            for name, share in zip(self._reads(node), shares, strict=True):
                self.gradients[name] += share

    def _reads(self, node: Node) -> list[str]:
        return ["input" if i == INPUT else self.graph.nodes[i].name for i in node.inputs]

    def _logits(self) -> str:
        """Return the value that the last softmax reads, or the last one."""
        last = self.graph.nodes[self.graph.output]
        return self._reads(last)[0] if last.layer.kind == "softmax" else last.name

    def _weight(self, node: Node, name: str = "weight") -> np.ndarray:
        return self.weights.get(f"{node.name}/{name}", np.zeros(1))

    def _run(self, node: Node, inputs: list[np.ndarray]) -> np.ndarray:
        x, layer = inputs[0], node.layer
        match layer.kind:
            case "conv" | "depthwise":
                sizes = sizes_of(node, len(x))
                return reference_conv.conv_forward(sizes, x, self._weight(node), self._bias(node))
            case "deconv":
                sizes = adjoint_sizes_of(node, len(x))
                y = reference_conv.conv_backward_data(sizes, x, self._weight(node))
                return y + self._weight(node, "bias")
            case "dense":
                return channels_first(x) @ self._weight(node).T + self._weight(node, "bias")
            case "bn":
                return (x - self._weight(node, "running_mean")) * self._scale(node) + self._weight(
                    node, "bias"
                )
            case "maxpool":
                return reference.maxpool(x, windows_of(node))
            case "avgpool":
                return reference.avgpool(x, windows_of(node))
            case "global_avgpool":
                return x.mean((1, 2), keepdims=True)
            case "add":
                return sum(inputs)
            case "multiply":
                return np.prod(inputs, 0)
            case "stack":
                return np.concatenate(inputs, -1)
            case "dropout":
                return x
            case "softmax":
                return reference.softmax(x.reshape(len(x), -1)).reshape(x.shape)
        return np.vectorize(reference.ACTIVATIONS[layer.kind])(x)

    def _differentiate(
        self, node: Node, inputs: list[np.ndarray], dy: np.ndarray
    ) -> list[np.ndarray]:
        x, layer = inputs[0], node.layer
        match layer.kind:
            case "conv" | "depthwise":
                sizes = sizes_of(node, len(x))
                return [reference_conv.conv_backward_data(sizes, dy, self._weight(node))]
            case "deconv":
                sizes = adjoint_sizes_of(node, len(x))
                return [reference_conv.conv_forward(sizes, dy, self._weight(node))]
            case "dense":
                rows = dy @ self._weight(node)
                if x.ndim == 2:
                    return [rows]
                n, height, width, channels = x.shape
                return [rows.reshape(n, channels, height, width).transpose(0, 2, 3, 1)]
            case "bn":
                return [dy * self._scale(node)]
            case "maxpool":
                return [reference.maxpool_gradient(x, dy, windows_of(node))]
            case "avgpool":
                return [reference.avgpool_gradient(dy, windows_of(node))]
            case "global_avgpool":
                return [np.broadcast_to(dy / (x.shape[1] * x.shape[2]), x.shape)]
            case "add":
                return [dy for _ in inputs]
            case "multiply":
                return [
                    dy * np.prod([*inputs[:i], *inputs[i + 1 :]], 0) for i in range(len(inputs))
                ]
            case "stack":
                return np.split(dy, np.cumsum([part.shape[-1] for part in inputs])[:-1], -1)
            case "dropout":
                return [dy]
            case "softmax":
                rows = x.reshape(len(x), -1)
                return [reference.softmax_gradient(rows, dy.reshape(rows.shape)).reshape(x.shape)]
            case "relu":
                passes = {
                    "true": x > 0,
                    "guided": (x > 0) & (dy > 0),
                    "deconv": dy > 0,
                }
                return [dy * passes[self.relu_gradient]]
        return [dy * np.vectorize(reference.DERIVATIVES[layer.kind])(x)]

    def _bias(self, node: Node) -> np.ndarray | None:
        return self.weights.get(f"{node.name}/bias")

    def _scale(self, node: Node) -> np.ndarray:
        variance = self._weight(node, "running_var")
        return self._weight(node) / np.sqrt(variance + node.layer.eps)


def channels_first(x: np.ndarray) -> np.ndarray:
    """Return images as rows in channel-row-column order."""
    return x.reshape(len(x), -1) if x.ndim == 2 else x.transpose(0, 3, 1, 2).reshape(len(x), -1)


def windows_of(node: Node) -> reference.Windows:
    """Return the windows of a pool as the reference takes them."""
    windows = node.layer.windows(node.input_shapes[0])
    return reference.Windows(
        windows.input, windows.output, windows.size, windows.stride, windows.before, windows.after
    )


def sizes_of(node: Node, n: int) -> reference_conv.Sizes:
    """Return the sizes of a convolution of n images as the reference takes them."""
    layer, channels = node.layer, node.input_shapes[0][-1]
    windows = layer.windows(node.input_shapes[0])
    filters, groups = node.output_shape[-1], getattr(layer, "groups", channels)
    return reference_conv.Sizes(
        n, *windows.input, channels, filters, *windows.size, *windows.output,
        windows.stride, windows.before, windows.dilation, groups, layer.fill,
    )  # fmt: skip


def adjoint_sizes_of(node: Node, n: int) -> reference_conv.Sizes:
    """Return the sizes of the convolution whose backward pass a transposed convolution is."""
    layer, filters = node.layer, node.input_shapes[0][-1]
    windows = layer.windows(node.input_shapes[0])
    return reference_conv.Sizes(
        n, *windows.input, node.output_shape[-1], filters, *windows.size, *windows.output,
        windows.stride, windows.before, windows.dilation, layer.groups,
    )  # fmt: skip
