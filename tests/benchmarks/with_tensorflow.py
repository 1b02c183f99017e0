"""TensorFlow: Keras models, NHWC, one tf.function per step of training."""

from __future__ import annotations

import math
import os
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read when it is imported

import keras
import tensorflow as tf
from keras_networks import network
from workloads import Workload


def trainer(workload: Workload, threads: int, variant: str) -> tuple[Callable[[], object], int]:
    """Return a step of training, and the number of parameters it trains."""
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = network(workload.name, workload.size, workload.classes)
    learned = model.trainable_variables
    images = tf.random.normal((workload.batch, *workload.size))
    labels = tf.random.uniform(
        (workload.batch, *workload.labels), maxval=workload.classes, dtype=tf.int32
    )
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    optimizer.build(learned)

    @tf.function(jit_compile=False)
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        optimizer.apply_gradients(zip(tape.gradient(loss, learned), learned, strict=True))
        return loss

    return lambda: float(step()), sum(math.prod(one.shape) for one in learned)
