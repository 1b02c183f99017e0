"""The names that `--help` lists, without what they stand for: importing that takes NumPy.

A test holds each of them to its registry.
"""

LOSSES = {  # of each task, the usual one first
    "classify": ("cross-entropy",),
    "segment": ("cross-entropy", "dice", "both"),
    "regress": ("mse", "mae", "huber"),
    "multi-label": ("bce",),
}
TASKS = tuple(LOSSES)
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lion", "muon")
SCHEDULES = ("constant", "step", "cosine", "linear", "onecycle")
INIT_METHODS = ("he", "glorot", "lecun", "normal", "identity")
NORMALIZATIONS = ("unit", "standard", "minmax", "image", "none")
KEPT = ("best", "last", "average")  # networks of a training
MONITORS = (
    "val_loss", "val_accuracy", "val_pixel_accuracy", "val_mean_iou", "val_mae", "val_r2",
    "val_map", "train_loss",
)  # fmt: skip
