"""What things are called elsewhere: in Keras, PyTorch, ONNX and other command lines.

Each table gives for a name of ours the words of others, folded. Where a word stands for several
names, the first that is known where it was found is meant.
"""

from __future__ import annotations

LAYERS = {
    "bn": "batchnorm batchnormalization batchnorm1d batchnorm2d spatialbn",
    "dense": "linear fc fullyconnected gemm innerproduct matmul affine",
    "conv": "conv1d conv2d convolution convolution2d convolve",
    "deconv": "upconv convtranspose convtranspose1d convtranspose2d conv2dtranspose "
    "transposedconv deconvolution tconv",
    "depthwise": "depthwiseconv depthwiseconv2d dwconv",
    "global_avgpool": "globalaveragepool globalaveragepooling globalaveragepooling2d globalavgpool "
    "gap adaptiveavgpool adaptiveavgpool2d",
    "global_maxpool": "globalmaxpooling globalmaxpooling2d globalmaxpool gmp adaptivemaxpool",
    "maxpool": "maxpool1d maxpool2d maxpooling maxpooling2d pool pooling",
    "avgpool": "avgpool1d avgpool2d averagepool averagepooling averagepooling2d meanpool",
    "upsample": "upsampling upsampling2d unpool",
    "resize": "interpolate resizing bilinear bicubic",
    "reshape": "view unflatten",
    "flatten": "ravel",
    "id": "identity skip shortcut residual",
    "leaky_relu": "lrelu leakyrelu",
    "hard_swish": "hswish hardswish",
    "hard_sigmoid": "hsigmoid hardsigmoid",
    "silu": "swish",
    "clip": "clamp hardtanh",
    "group_norm": "groupnorm groupnormalization",
    "layer_norm": "layernorm layernormalization layernorm2d",
    "instance_norm": "instancenorm instancenormalization instancenorm2d",
    "lrn": "localresponsenorm localresponsenormalization crossmaplrn2d",
    "zeropad": "zeropad2d zeropadding zeropadding2d constantpad2d",
    "crop": "crop2d cropping cropping2d centercrop",
    "shuffle": "channelshuffle shufflechannels",
    "a | b": "concat concatenate cat stack",
    "a + b": "add sum",
    "a * b": "mul multiply",
}
SETTINGS = {
    "size": "kernel kernelsize ksize poolsize window",
    "stride": "strides step",
    "pad": "padding",
    "include_pad": "countincludepad",
    "filters": "outchannels channels features maps",
    "units": "outfeatures neurons",
    "bias": "usebias",
    "dilation": "dilationrate",
    "groups": "group",
    "rate": "p prob droprate",
    "slope": "negativeslope alpha",
    "fill": "paddingmode",
    "eps": "epsilon",
    "factor": "scale scalefactor",
}
STEPS = {  # of an augmentation
    "hflip": "fliplr horizontalflip randomhorizontalflip randomflip mirror",
    "vflip": "flipud verticalflip randomverticalflip",
    "shift": "translate translation randomtranslation affine randomaffine shiftscalerotate",
    "rotate": "degrees rotation randomrotation randomrotate90 rot90",
    "scale": "randomscale",
    "zoom": "randomresizedcrop randomzoom",
    "crop": "randomcrop padandcrop",
    "perspective": "randomperspective",
    "border": "fillmode bordermode",
    "brightness": "randombrightness randomgamma",
    "contrast": "randomcontrast",
    "hue": "randomhue huesaturationvalue",
    "saturation": "colorjitter randomsaturation",
    "gray": "togray randomgrayscale",
    "blur": "gaussianblur motionblur",
    "noise": "gaussnoise gaussiannoise randomnoise",
    "cutout": "erasing randomerasing dropout coarsedropout",
    "randaugment": "autoaugment",
    "gain": "volume amplitude",
    "stretch": "timestretch speed",
    "mask": "timemask timemasking",
}
OPTIONS = {  # without the dashes before them
    "lr": "learningrate lrate",
    "img-size": "imgsz imagesize imsize resolution inputsize",
    "input": "imgsz imagesize inputshape inputsize shape",
    "threads": "workers numworkers jobs nproc cpus numthreads",
    "batch-size": "batch bs batchsz",
    "epochs": "numepochs nepochs iterations maxepochs",
    "weight-decay": "wd l2",
    "lr-schedule": "scheduler lrscheduler schedule",
    "val": "validation valsplit validationsplit validationdata",
    "output": "out save saveas outfile outputdir",
    "arch": "model network architecture net",
    "loss": "criterion",
    "color": "grayscale colormode channels",
    "seed": "randomseed randomstate",
    "force": "overwrite yes",
    "quiet": "silent",
    "top-k": "topk",
    "min-confidence": "threshold conf confidence",
    "files-from": "filelist list",
    "normalize": "normalization rescale",
    "skip-broken": "skipbad skipcorrupt skiperrors skipinvalid ignoreerrors ignorecorrupt",
    "split": "subset part fold",
    "augment": "augmentation augmentations transform transforms dataaugmentation",
}
COMMANDS = {
    "train": "fit learn",
    "evaluate": "eval test validate val score",
    "predict": "infer inference classify detect",
    "shape-calc": "summary shape shapes params flops",
    "bench": "benchmark speed profile",
    "draw": "plot diagram render",
    "inspect-filters": "visualize inspect filters activations",
    "trace": "neuron explain flashlight arithmetic",
    "arch": "models presets archs architectures zoo",
    "layers": "ops operators",
    "help": "docs man",
}
OTHERS = {
    "classify": "classification classifier",
    "segment": "segmentation semanticsegmentation",
    "regress": "regression regressor",
    "multi-label": "multilabel multilabelclassification tagging",
    "val_accuracy": "accuracy acc valacc",
    "val_loss": "loss validationloss",
    "he": "kaiming",
    "glorot": "xavier",
    "activations": "featuremaps",
    "jsonl": "json ndjson",
    "crop": "centercrop",
    "pad": "letterbox",
    "gray": "grey grayscale greyscale",
    "cross-entropy": "crossentropy ce nll categoricalcrossentropy softmaxloss",
    "bce": "binarycrossentropy bcewithlogits",
    "mse": "l2 squarederror",
    "mae": "l1 absoluteerror",
    "huber": "smoothl1",
    "momentum": "sgdm sgdmomentum",
    "resnet18": "resnet",
    "vgg16": "vgg",
    "mobilenet_v2": "mobilenet",
    "mobilenet_v3_large": "mobilenetv3",
    "efficientnet_b0": "efficientnet",
    "densenet121": "densenet",
}


def find_synonyms(word: str) -> list[str]:
    """Return what a word from elsewhere is called here, whatever it may be."""
    key = fold(word)
    options = {f"--{name}": words for name, words in OPTIONS.items()}
    tables = (LAYERS, SETTINGS, STEPS, options, COMMANDS, OTHERS)
    return [name for table in tables for name, words in table.items() if key in words.split()]


def fold(word: str) -> str:
    """Return a word in lower case, without spaces, dashes and underscores."""
    return "".join(letter for letter in word.lower() if letter not in " -_")
