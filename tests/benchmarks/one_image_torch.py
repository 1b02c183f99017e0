"""The digit in an image, by PyTorch: one_image_torch.py STATE.pt IMAGE"""

import sys

import numpy as np
import torch
from PIL import Image
from torch import nn

network = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
)  # fmt: skip
network.load_state_dict(torch.load(sys.argv[1]))
network.eval()
with Image.open(sys.argv[2]) as image:
    pixels = np.asarray(image.convert("L"), np.float32) / 255
with torch.inference_mode():
    logits = network(torch.from_numpy(pixels)[None, None])
print(logits[0].argmax().item())
