"""OpenVINO on the CPU in float32; the variant is its performance hint, `latency` or `throughput`.

With the second it divides the threads into streams, and every stream is given a batch at once.
"""

from __future__ import annotations

import openvino
from exported import Array, Exported, Predictor


def predictor(files: Exported, threads: int, variant: str) -> Predictor:
    settings = {
        "PERFORMANCE_HINT": variant.upper(),
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    compiled = openvino.Core().compile_model(files.onnx, "CPU", settings)
    images = files.images
    request = compiled.create_infer_request()
    queue = openvino.AsyncInferQueue(compiled)  # as many requests as it asks for

    def predict_in_turn() -> Array:
        return request.infer(images, share_inputs=True, share_outputs=True)[0]

    def predict_at_once() -> list[Array]:
        for _ in range(len(queue)):
            queue.start_async(images, share_inputs=True)
        queue.wait_all()
        return [logits for request in queue for logits in request.results[0]]

    return predict_in_turn if variant == "latency" else predict_at_once
