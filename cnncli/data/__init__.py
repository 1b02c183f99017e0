"""Images and labels: reading them, preparing them, splitting them, bringing them in batches."""

from cnncli.data.dataset import ImageSet
from cnncli.data.image import ImageError, Picture, decode
from cnncli.data.inputs import load_image, read_paths
from cnncli.data.loader import Batch, Loader, permutation
from cnncli.data.preprocessing import NORMALIZATIONS, RESIZE_MODES, Preprocessing
from cnncli.data.source import Source, TrainingData, load_labelled, load_training, open_data
from cnncli.data.stream import Item, stream

__all__ = [
    "NORMALIZATIONS",
    "RESIZE_MODES",
    "Batch",
    "ImageError",
    "ImageSet",
    "Item",
    "Loader",
    "Picture",
    "Preprocessing",
    "Source",
    "TrainingData",
    "decode",
    "load_image",
    "load_labelled",
    "load_training",
    "open_data",
    "permutation",
    "read_paths",
    "stream",
]
