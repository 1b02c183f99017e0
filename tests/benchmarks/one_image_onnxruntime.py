"""The digit in an image, by ONNX Runtime: one_image_onnxruntime.py MODEL.onnx IMAGE"""

import sys

import numpy as np
import onnxruntime
from PIL import Image

with Image.open(sys.argv[2]) as image:
    pixels = np.asarray(image.convert("L"), np.float32) / 255
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(logits,) = session.run(None, {session.get_inputs()[0].name: pixels[None, None]})
print(logits[0].argmax())
