"""Optimizers in float64, with torch.optim's formulas: g gradient, p parameter, state as attributes.

`step` returns the parameter moved; `lr` may be changed from step to step.
"""

import numpy as np


class Momentum:
    def __init__(self, lr, momentum=0.0, decay=0.0, nesterov=False):
        self.lr, self.momentum, self.decay, self.nesterov = lr, momentum, decay, nesterov
        self.velocity = None

    def step(self, g, p):
        g = g + self.decay * p
        self.velocity = g if self.velocity is None else self.momentum * self.velocity + g
        return p - self.lr * (g + self.momentum * self.velocity if self.nesterov else self.velocity)


class RmsProp:
    def __init__(self, lr, alpha, eps, momentum=0.0, decay=0.0):
        self.lr, self.alpha, self.eps, self.momentum, self.decay = lr, alpha, eps, momentum, decay
        self.square = self.velocity = 0.0

    def step(self, g, p):
        g = g + self.decay * p
        self.square = self.alpha * self.square + (1 - self.alpha) * g**2
        self.velocity = self.momentum * self.velocity + g / (np.sqrt(self.square) + self.eps)
        return p - self.lr * self.velocity


class Adam:
    def __init__(self, lr, beta1, beta2, eps, decay=0.0, decoupled=False):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.decay, self.decoupled = decay, decoupled
        self.mean = self.square = 0.0
        self.t = 0

    def step(self, g, p):
        self.t += 1
        if self.decoupled:
            p = p - self.lr * self.decay * p
        else:
            g = g + self.decay * p
        self.mean = self.beta1 * self.mean + (1 - self.beta1) * g
        self.square = self.beta2 * self.square + (1 - self.beta2) * g**2
        mean = self.mean / (1 - self.beta1**self.t)
        square = self.square / (1 - self.beta2**self.t)
        return p - self.lr * mean / (np.sqrt(square) + self.eps)


class Lion:
    def __init__(self, lr, beta1, beta2, decay=0.0):
        self.lr, self.beta1, self.beta2, self.decay = lr, beta1, beta2, decay
        self.mean = 0.0

    def step(self, g, p):
        direction = np.sign(self.beta1 * self.mean + (1 - self.beta1) * g)
        self.mean = self.beta2 * self.mean + (1 - self.beta2) * g
        return p - self.lr * (direction + self.decay * p)


class Muon:
    """For filters (K, ...); what else there is moves by Adam."""

    def __init__(self, lr, momentum):
        self.lr, self.momentum = lr, momentum
        self.velocity = 0.0

    def step(self, g, p):
        self.velocity = self.momentum * self.velocity + g
        direction = (g + self.momentum * self.velocity).reshape(len(g), -1)
        x = direction / np.linalg.norm(direction)
        for _ in range(3):
            gram = x @ x.T
            x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
        filters = p.reshape(len(p), -1)
        length = np.linalg.norm(filters)
        moved = filters - self.lr * length / np.sqrt(min(filters.shape)) * x
        return (moved * length / np.linalg.norm(moved)).reshape(p.shape)
