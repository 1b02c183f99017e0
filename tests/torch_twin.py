"""A network of ours run by PyTorch: the same graph, the same weights, its arithmetic."""

from __future__ import annotations

from functools import reduce

import numpy as np
import torch
import torch.nn.functional as F

from cnncli.graph import Graph


class ChangedRelu(torch.autograd.Function):
    """A relu whose gradient passes as "guided" or "deconv" has it."""

    @staticmethod
    def forward(context, x, rule):
        context.save_for_backward(x)
        context.rule = rule
        return x.clamp(min=0)

    @staticmethod
    def backward(context, dy):
        (x,) = context.saved_tensors
        positive = dy.clamp(min=0)
        return (positive * (x > 0) if context.rule == "guided" else positive), None


class Twin:
    """Interprets a graph with torch.nn.functional; weights are its own leaf tensors.

    `values` has what each layer answered, by name, in channel-first order; their gradients are
    kept.
    """

    def __init__(self, graph: Graph, weights: dict[str, np.ndarray], relu_gradient: str = "true"):
        self.graph, self.relu_gradient = graph, relu_gradient
        self.tensors = {name: torch.tensor(array) for name, array in weights.items()}
        for name, tensor in self.tensors.items():
            tensor.requires_grad_("running" not in name)

    def __call__(self, images: np.ndarray, training: bool = False) -> torch.Tensor:
        """Return logits for images (n, H, W, C), or for signals (n, L, C)."""
        return self.run(torch.tensor(images), training)

    def run(self, images: torch.Tensor, training: bool = False) -> torch.Tensor:
        """Return logits for a tensor of images (n, H, W, C)."""
        values = {-1: images.movedim(images.ndim - 1, 1)}
        self.values: dict[str, torch.Tensor] = {}
        for index, node in enumerate(self.graph.nodes):
            inputs = [values[i] for i in node.inputs]
            values[index] = self._apply(node, inputs, training)
            if values[index].requires_grad:
                values[index].retain_grad()
            self.values[node.name] = values[index]
        y = values[self.graph.output]
        return y.flatten(1) if y.ndim == 2 or y.shape[2:].numel() == 1 else y.movedim(1, y.ndim - 1)

    def _apply(self, node, inputs, training):
        weights = {
            name.partition("/")[2]: tensor
            for name, tensor in self.tensors.items()
            if name.partition("/")[0] == node.name
        }
        x, layer = inputs[0], node.layer
        kind = layer.kind
        if kind in ("conv", "depthwise"):
            return self._conv(
                layer.as_conv(node.input_shapes[0]) if kind == "depthwise" else layer,
                node,
                x,
                weights,
            )
        if kind == "deconv":
            windows = layer.windows(node.input_shapes[0])
            full = F.conv_transpose2d(
                x,
                weights["weight"],
                weights.get("bias"),
                windows.stride,
                0,
                0,
                layer.groups,
                windows.dilation,
            )
            (top, left), (height, width) = windows.before, windows.input
            return full[:, :, top : top + height, left : left + width]
        if kind in ("maxpool", "avgpool", "l2pool"):
            return self._pool(layer, node, x)
        if kind == "global_avgpool":
            return x.mean((2, 3), keepdim=True)
        if kind == "global_maxpool":
            size = [int(length) for length in x.shape[2:]]  # constants, for the exporter
            return F.max_pool2d(x, size)  # of equal values the first gets the gradient
        if kind == "dense":
            return F.linear(x.flatten(1), weights["weight"], weights["bias"])
        if kind == "flatten":
            return x.flatten(1)
        if kind == "reshape":
            height, width, channels = layer.shape
            return x.reshape(-1, channels, height, width)
        if kind == "bn":
            return F.batch_norm(
                x,
                weights["running_mean"],
                weights["running_var"],
                weights["weight"],
                weights["bias"],
                training,
                layer.momentum,
                layer.eps,
            )
        if kind == "prelu":
            return F.prelu(x, weights["weight"])
        if kind in ("group_norm", "instance_norm"):
            groups = layer.groups if kind == "group_norm" else node.output_shape[-1]
            return F.group_norm(x, groups, weights["weight"], weights["bias"], layer.eps)
        if kind == "layer_norm":
            size = node.output_shape[-1:]
            last = x.ndim - 1  # not -1, which the exporter to ONNX cannot write
            normal = F.layer_norm(
                x.movedim(1, last), size, weights["weight"], weights["bias"], layer.eps
            )
            return normal.movedim(last, 1)
        if kind == "lrn":
            return F.local_response_norm(x, layer.size, layer.alpha, layer.beta, layer.k)
        if kind == "zeropad":
            (top, left), (bottom, right) = layer.sides(node.input_shapes[0])
            return F.pad(x, (left, right, top, bottom))
        if kind == "crop":
            (top, left), _ = layer.sides(node.input_shapes[0])
            height, width, _ = node.output_shape
            return x[:, :, top : top + height, left : left + width]
        if kind == "clip":
            return x.clamp(layer.low, layer.high)
        if kind == "upsample" and layer.method == "nearest":
            rows, columns = layer.factors(node.input_shapes[0])
            return x.repeat_interleave(rows, 2).repeat_interleave(columns, 3)
        if kind in ("upsample", "resize"):
            mode = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}[layer.method]
            corners = None if mode == "nearest" else layer.align == "corners"
            return F.interpolate(x, node.output_shape[:2], mode=mode, align_corners=corners)
        if kind in ("add", "multiply"):
            most = max(value.ndim for value in inputs)
            maps = [value[(...,) + (None,) * (most - value.ndim)] for value in inputs]
            return reduce(torch.add if kind == "add" else torch.mul, maps)
        if kind == "stack":
            return torch.cat(inputs, 1)
        if kind == "shuffle":
            return x.unflatten(1, (layer.groups, -1)).transpose(1, 2).flatten(1, 2)
        if kind == "take":
            return x[:, layer.first : layer.first + layer.channels]
        if kind == "relu" and self.relu_gradient != "true":
            return ChangedRelu.apply(x, self.relu_gradient)
        if kind == "leaky_relu":
            return F.leaky_relu(x, layer.slope)
        if kind == "softmax":
            return x if node is self.graph.nodes[self.graph.output] else x.softmax(1)
        return {
            "relu": F.relu,
            "relu6": F.relu6,
            "elu": F.elu,
            "gelu": F.gelu,
            "silu": F.silu,
            "sigmoid": torch.sigmoid,
            "tanh": torch.tanh,
            "hard_sigmoid": F.hardsigmoid,
            "hard_swish": F.hardswish,
        }[kind](x)

    @staticmethod
    def _conv(layer, node, x, weights):
        windows = layer.windows(node.input_shapes[0])
        behind = [
            max(
                0,
                (windows.output[i] - 1) * windows.stride[i]
                + windows.span[i]
                - windows.before[i]
                - windows.input[i],
            )
            for i in (0, 1)
        ]
        mode = {"zero": "constant", "reflect": "reflect", "edge": "replicate"}[layer.fill]
        pads = (windows.before[1], behind[1], windows.before[0], behind[0])
        padded = F.pad(x, pads, mode=mode)
        return F.conv2d(
            padded,
            weights["weight"],
            weights.get("bias"),
            windows.stride,
            0,
            windows.dilation,
            layer.groups,
        )

    @staticmethod
    def _pool(layer, node, x):
        windows = layer.windows(node.input_shapes[0])
        pad = windows.before
        if layer.kind == "avgpool" and not layer.include_pad:
            pads = (pad[1], windows.needed_after[1], pad[0], windows.needed_after[0])
            sums, counts = (
                F.avg_pool2d(F.pad(values, pads), windows.size, windows.stride)
                for values in (x, torch.ones_like(x))
            )
            return sums / counts
        if layer.pad == "same":  # not alike on both sides
            sides = zip(reversed(windows.before), reversed(windows.after), strict=True)
            lowest = float("-inf") if layer.kind == "maxpool" else 0.0
            x, pad = F.pad(x, [side for pair in sides for side in pair], value=lowest), 0
        if layer.kind == "maxpool":
            return F.max_pool2d(x, windows.size, windows.stride, pad, ceil_mode=layer.ceil)
        if layer.kind == "avgpool":
            return F.avg_pool2d(x, windows.size, windows.stride, pad, layer.ceil)
        squares = F.avg_pool2d(x * x, windows.size, windows.stride, pad)
        return (squares * windows.area).sqrt()
