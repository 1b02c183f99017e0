"""ncnn in float32, converted by pnnx; Winograd's algorithm and packed layouts are on.

It is given one image at a time: with all threads, or, as the variant `images`, with one thread, and
then as many images at once as there are threads.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ncnn
import numpy as np
import pnnx
from exported import Array, Exported, Predictor


def predictor(files: Exported, threads: int, variant: str) -> Predictor:
    net = ncnn.Net()
    net.opt.use_winograd_convolution = net.opt.use_packing_layout = True
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.num_threads = 1 if variant == "images" else threads
    param, weights = _converted(files.onnx_of_one)
    net.load_param(str(param))
    net.load_model(str(weights))
    images = [ncnn.Mat(image).clone() for image in files.images]

    def predict_one(image: ncnn.Mat) -> Array:
        extractor = net.create_extractor()
        extractor.input("in0", image)
        return np.array(extractor.extract("out0")[1], copy=False)

    if variant == "images":
        pool = ThreadPoolExecutor(threads)
        return lambda: list(pool.map(predict_one, images))
    return lambda: [predict_one(image) for image in images]


def _converted(onnx: Path) -> tuple[Path, Path]:
    param, weights = onnx.with_suffix(".param"), onnx.with_suffix(".bin")
    if not param.exists():
        names = [f"ncnnparam={param}", f"ncnnbin={weights}"]
        command = [pnnx.EXEC_PATH, str(onnx), "fp16=0", *names]
        subprocess.run(command, check=True, capture_output=True, cwd=onnx.parent)
    return param, weights
