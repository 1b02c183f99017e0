"""Faults in how images, labels and masks are found and read."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "what-is-set-aside-depends-on-the-other-samples": Fault(
        "cnncli/data/split.py",
        "aside = places < fraction",
        "aside = np.argsort(np.argsort(places)) < round(len(places) * fraction)",
        ("tests/data/test_split.py",),
    ),
    "what-is-set-aside-depends-on-the-folder": Fault(
        "cnncli/data/split.py",
        "[compute_place(key) for key in samples.keys]",
        "[compute_place(name) for name in samples.names]",
        ("tests/data/test_split.py",),
    ),
    "samples-are-not-shuffled": Fault(
        "cnncli/data/batches/loader.py",
        "drawn = order(self.seed, number, self.samples)",
        "drawn = np.arange(self.samples)",
        ("tests/data/batches/test_loader.py",),
    ),
    "both-corners-of-a-tile-are-one-draw": Fault(
        "cnncli/data/batches/tiles.py",
        '("tile row", "tile column")',
        '("tile row", "tile row")',
        ("tests/data/batches/test_tiles.py",),
    ),
    "scales-belong-to-other-channels": Fault(
        "cnncli/data/normalization.py",
        "scale=round_to_float32(scale),",
        "scale=round_to_float32(scale[::-1]),",
        ("tests/data/test_normalization.py",),
    ),
    "exif-orientations-are-ignored": Fault(
        "cnncli/data/images/modes.py",
        "return value if isinstance(value, int) and 1 <= value <= 8 else 1",
        "return 1",
        ("tests/data/images/test_modes.py",),
    ),
    "transverse-images-are-transposed": Fault(
        "cnncli/data/images/modes.py",
        "if turn in {2, 3, 6, 7}:",
        "if turn in {2, 3, 6}:",
        ("tests/data/images/test_modes.py",),
    ),
    "16-bit-gray-is-cut-to-8-bits": Fault(
        "cnncli/data/images/depth.py",
        "(block.astype(np.uint32) + 128) // 257 if gray",
        "block // 256 if gray",
        ("tests/data/images/test_depth.py",),
    ),
    "what-is-transparent-is-black": Fault(
        "cnncli/data/images/modes.py",
        'Image.new("RGBA", strip.size, "white")',
        'Image.new("RGBA", strip.size, "black")',
        ("tests/data/images/test_modes.py",),
    ),
    "pad-cuts-as-crop-does": Fault(
        "cnncli/data/images/preprocessing.py",
        "zoom = min(self.width / image.width, self.height / image.height)",
        "zoom = max(self.width / image.width, self.height / image.height)",
        ("tests/data/images/test_preprocessing.py",),
    ),
    "masks-are-matched-by-the-indices-of-their-palettes": Fault(
        "cnncli/data/maps/classes.py",
        "enumerate(colors) if other == color",
        "enumerate(known) if other == number",
        ("tests/data/maps/test_classes.py",),
    ),
    "levels-of-masks-stand-in-the-order-of-their-names": Fault(
        "cnncli/data/maps/levels.py",
        "for key in sorted(names) if",
        "for key in names if",
        ("tests/data/maps/test_levels.py",),
    ),
    "the-label-is-in-the-last-column": Fault(
        "cnncli/data/formats/columns.py",
        "return next((folded.index(word) for word in known if word in folded), None)",
        "return len(names) - 1 if set(known) & set(folded) else None",
        ("tests/data/formats/test_listing.py",),
    ),
    "one-image-in-color-is-many": Fault(
        "cnncli/data/shapes.py",
        "shape[2] in (network[2], *ALONE)",
        "shape[2] in (network[2],)",
        ("tests/data/test_shapes.py",),
    ),
    "one-hot-rows-are-several-labels": Fault(
        "cnncli/data/formats/targets.py",
        '"classify" if one_hot else "multi-label",',
        '"multi-label",',
        ("tests/data/formats/test_targets.py",),
    ),
    "lists-for-parts-are-classes": Fault(
        "cnncli/data/formats/part_lists.py",
        'if "train" not in lists or',
        'if "val" not in lists or',
        ("tests/data/formats/test_part_lists.py",),
    ),
    "24-bit-samples-have-no-sign": Fault(
        "cnncli/data/signals/wav.py",
        'slice(1, 4) if wav.order == "<"',
        'slice(0, 3) if wav.order == "<"',
        ("tests/data/signals/test_wav.py",),
    ),
    "resampling-changes-the-volume": Fault(
        "cnncli/data/signals/resample.py",
        "periods * wanted_step, axis=0) * (wanted_step / step)",
        "periods * wanted_step, axis=0)",
        ("tests/data/signals/test_resample.py",),
    ),
    "the-last-batch-may-be-a-single-sample": Fault(
        "cnncli/data/batches/batch.py",
        "        cuts[-2] -= 1\n",
        "        pass\n",
        ("tests/data/batches/test_batch.py",),
    ),
    "mixed-images-keep-the-other-ones-label": Fault(
        "cnncli/data/batches/loader.py",
        "shares * first + (1 - shares) * second",
        "(1 - shares) * first + shares * second",
        ("tests/data/batches/test_loader.py",),
    ),
    "the-other-of-two-mixed-images-is-not-augmented-by-its-own-draws": Fault(
        "cnncli/data/batches/loader.py",
        "self._prepare(replace(draws, samples=indices), others)",
        "self._prepare(draws, others)",
        ("tests/data/batches/test_loader.py",),
    ),
    "masks-do-not-move": Fault(
        "cnncli/data/batches/tiles.py",
        "sample_classes(classes, matrix[0],",
        "sample_classes(classes, to_source(np.eye(3)[None], (height, width), middle)[0],",
        ("tests/data/batches/test_tiles.py",),
    ),
    "data-are-compared-by-their-names-alone": Fault(
        "cnncli/data/checksums.py",
        "(before[:both] != now[:both]).any(axis=1)",
        "before[:both, NAME] != now[:both, NAME]",
        ("tests/data/test_checksums.py",),
    ),
}
