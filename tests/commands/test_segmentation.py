"""The commands on images with masks: from a folder of both to masks of other images."""

import csv
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

ARCH = "conv(6, 3, pad=1) >> relu >> (id | (maxpool >> conv(8, 3, pad=1) >> relu >> deconv(4, 2, 2))) >> conv(classes, 3, pad=1)"  # noqa: E501

# Runs a command and prints the most memory it took, without that of whoever runs this.
MEASURE = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


def scene(number, height=40, width=56):
    """A noisy gray image with a bright disc, and the mask of the disc."""
    numbers = np.random.default_rng(number)
    rows, columns = np.ogrid[:height, :width]
    y, x = numbers.integers(10, height - 10), numbers.integers(10, width - 10)
    disc = (rows - y) ** 2 + (columns - x) ** 2 < 80
    pixels = numbers.integers(0, 90, (height, width)) + 120 * disc
    return pixels.astype(np.uint8), (255 * disc).astype(np.uint8)


def add(folder, number, **size):
    for kind, pixels in zip(("images", "masks"), scene(number, **size), strict=True):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / kind / f"{number}.png")


def opened(path):
    with Image.open(path) as picture:
        picture.load()
        return picture


@pytest.fixture(scope="module")
def discs(tmp_path_factory):
    """A folder with train/ and test/ of 8 and 2 images with masks; not to be changed."""
    folder = tmp_path_factory.mktemp("discs")
    for number in range(8):
        add(folder / "train", number)
    add(folder / "test", 100)
    add(folder / "test", 101, height=61, width=35)
    return folder


@pytest.fixture(scope="module")
def trained(run, discs, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "discs.npz"
    settings = "--epochs 12 --img-size 24 --lr 0.02 --class-weights auto --json"
    done = run("train", discs, "-o", path, "--arch", ARCH, *settings.split())
    assert done.returncode == 0, done.stderr
    return path, json.loads(done.stdout)


def test_training_says_how_many_pixels_are_right(trained):
    _, record = trained
    assert record["task"] == "segment"
    assert record["classes"] == ["0", "255"]
    assert record["val_pixel_accuracy"] > 0.9
    assert 0 < record["val_mean_iou"] <= 1


def test_the_figures_of_evaluate_are_per_class(run, trained, discs, tmp_path):
    done = run("evaluate", trained[0], discs, "--json", "--per-image", tmp_path / "each.csv",
               "--confusion", tmp_path / "confusion.png", "--fail-under", "0.9")  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["images"] == 2
    assert found["pixels"] == 40 * 56 + 61 * 35
    assert [one["name"] for one in found["classes"]] == ["0", "255"]
    for one in found["classes"]:
        assert one["dice"] == pytest.approx(2 * one["iou"] / (1 + one["iou"]))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "each.csv").read_text())))
    assert [row["path"].rsplit("/", 1)[1] for row in rows] == ["100.png", "101.png"]
    assert float(rows[0]["pixel_accuracy"]) > 0.9
    assert opened(tmp_path / "confusion.png").width > 100
    table = run("evaluate", trained[0], discs).stdout
    assert "pixel accuracy  0." in table
    assert "iou" in table
    assert run("evaluate", trained[0], discs, "--fail-under", "1").returncode == 6


def test_predicted_masks_have_the_levels_and_sizes_of_the_true_ones(run, trained, discs, tmp_path):
    done = run("predict", trained[0], discs / "test" / "images", "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        record = json.loads(line)
        mask = np.asarray(Image.open(record["mask"]))
        true = np.asarray(Image.open(record["path"].replace("images", "masks")))
        assert mask.shape == true.shape
        assert set(np.unique(mask)) <= {0, 255}
        assert (mask == true).mean() > 0.9
        assert record["classes"][1]["share"] == pytest.approx((mask == 255).mean())


def test_neither_tiles_nor_threads_change_a_mask(run, trained, discs, tmp_path):
    image = discs / "test" / "images" / "101.png"
    masks = []
    for settings in ([], ["--tile", "8"], ["--tile", "16x24", "-j", "1"]):
        folder = tmp_path / str(len(masks))
        assert run("predict", trained[0], image, "-o", folder, *settings).returncode == 0
        masks.append((folder / "101.png").read_bytes())
    assert masks[1:] == masks[:1] * 2


def test_an_overlay_is_the_image_in_the_colors_of_its_classes(run, trained, discs, tmp_path):
    image = discs / "test" / "images" / "100.png"
    done = run("predict", trained[0], image, "-o", tmp_path, "--overlay")
    assert done.returncode == 0, done.stderr
    picture = opened(tmp_path / "100.png")
    assert picture.mode == "RGB"
    assert picture.width >= 56
    assert picture.height > 40
    assert picture.getpixel((picture.width - 1, picture.height - 1)) == (255, 255, 255)


def test_plain_lines_and_tables_give_shares_and_masks(run, trained, discs, tmp_path):
    image = discs / "test" / "images" / "100.png"
    plain = run("predict", trained[0], image, "-o", tmp_path / "a")
    found = re.fullmatch(r"(.*): class 0: (\d+) %, class 255: (\d+) % -> (.*)\n", plain.stdout)
    assert (found[1], found[4]) == (str(image), f"{tmp_path}/a/100.png")
    assert int(found[2]) + int(found[3]) == 100
    table = run("predict", trained[0], image, "-o", tmp_path / "b", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(table.stdout))
    assert float(row["0"]) + float(row["255"]) == pytest.approx(1)
    assert row["mask"] == f"{tmp_path}/b/100.png"


def test_the_mask_of_a_single_image_goes_to_a_file(run, trained, discs, tmp_path):
    image = discs / "test" / "images" / "100.png"
    done = run("predict", trained[0], image, "-o", tmp_path / "one.png", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["mask"] == f"{tmp_path}/one.png"
    assert run("predict", trained[0], image, "-o", tmp_path / "many").returncode == 0
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "many" / "100.png").read_bytes()
    (tmp_path / "dir.png").mkdir()
    assert run("predict", trained[0], image, "-o", tmp_path / "dir.png").returncode == 0
    assert (tmp_path / "dir.png" / "100.png").exists()


def test_what_exists_is_overwritten_only_when_asked_for(run, trained, discs, tmp_path):
    image = discs / "test" / "images" / "100.png"
    (tmp_path / "100.png").write_bytes(b"mine")
    done = run("predict", trained[0], image, "-o", tmp_path)
    assert done.returncode == 2
    assert "100.png: already exists; use -f" in done.stderr
    assert (tmp_path / "100.png").read_bytes() == b"mine"
    assert run("predict", trained[0], image, "-o", tmp_path, "-f").returncode == 0
    assert (tmp_path / "100.png").read_bytes() != b"mine"


def test_two_images_of_one_name_are_refused(run, trained, discs, tmp_path):
    image = discs / "test" / "images" / "100.png"
    done = run("predict", trained[0], image, image, "-o", tmp_path, "-f", "--json")
    assert done.returncode == 4
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["mask"] == f"{tmp_path}/100.png"
    assert "has the same name; predict them into different folders" in second["error"]


def test_masks_never_lie_among_the_images(run, trained, discs):
    images = discs / "test" / "images"
    before = (images / "100.png").read_bytes()
    done = run("predict", trained[0], images, "-o", images, "-f")
    assert done.returncode == 2
    assert f"{images}: holds the images; give another folder" in done.stderr
    assert (images / "100.png").read_bytes() == before


@pytest.mark.parametrize("folder", ["", "-"])
def test_masks_do_not_go_to_stdout(run, trained, discs, tmp_path, folder):
    image = discs / "test" / "images" / "100.png"
    done = run("predict", trained[0], image, "-o", folder, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "-o takes a folder for the masks" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_image_is_reported_in_its_place(run, trained, discs, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no")
    image = discs / "test" / "images" / "100.png"
    done = run("predict", trained[0], tmp_path / "bad.png", image, "-o", tmp_path / "out", "--json")
    assert done.returncode == 4
    first, second = map(json.loads, done.stdout.splitlines())
    assert "not a readable image" in first["error"]
    assert "mask" in second


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--overlay"], "--overlay is about -o, which is not given"),
        (["-k", "2"], "--top-k and --min-confidence are not for segment"),
        (["--latency"], "--output-kind, --latency and --batch-size are not for masks"),
        (["-o", "IMAGE"], "already exists; use -f to overwrite it"),
        (["-f", "-o", "IMAGE"], "is the image; give another file"),
        (["-o", "mask.jpg"], "-o mask.jpg: masks are written as PNG; give a name that ends in"),
        (["IMAGE", "-o", "mask.png"], "-o mask.png: a file takes the mask of one image; give a"),
    ],
)
def test_predict_refuses_what_masks_cannot_have(call, trained, discs, arguments, message):
    image = str(discs / "test" / "images" / "100.png")
    done = call("predict", trained[0], image, *[one.replace("IMAGE", image) for one in arguments])
    assert done.returncode == 2
    assert message in done.stderr


def test_evaluate_takes_no_batch_size_for_masks(run, trained, discs):
    done = run("evaluate", trained[0], discs, "-b", "2")
    assert done.returncode == 2
    assert "--batch-size is not for masks; leave it out" in done.stderr


def test_masks_are_not_for_networks_that_name_classes(run, model, image, tmp_path):
    done = run("predict", model, image, "-o", tmp_path)
    assert done.returncode == 2
    assert "are for networks that make masks" in done.stderr


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        (["--resize-mode", "crop"], 2, "--resize-mode is not for masks"),
        (["--loss", "mse"], 2, "--loss mse: segment takes cross-entropy or dice or both"),
        (["--loss", "dice", "--label-smoothing", "0.1"], 2, "--label-smoothing is not for dice"),
        (["--monitor", "val_accuracy"], 2, "val_pixel_accuracy"),
        (["--arch", "conv(4, 3) >> dense(classes)"], 2, "end it with conv(classes, 1)"),
        (["--arch", "lenet5"], 2, "end it with conv(classes, 1)"),
        (["--arch", ARCH, "--img-size", "25"], 2, "its branches end as 25x25"),
        (["--task", "classify"], 3, "has masks, not classes; give"),
    ],
)
def test_train_refuses_what_masks_cannot_have(call, discs, tmp_path, settings, code, message):
    settings = [*settings, "--epochs", "1"]
    done = call("train", discs, "-o", tmp_path / "m.npz", *settings)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert not (tmp_path / "m.npz").exists()


def test_masks_can_be_learned_with_every_loss_and_the_network_chosen_for_them(run, discs, tmp_path):
    for loss in ("dice", "both"):
        path = tmp_path / f"{loss}.npz"
        settings = ["--loss", loss, "--epochs", "2", "--img-size", "16", "--seed", "3"]
        done = run("train", discs, "-o", path, *settings)
        assert done.returncode == 0, done.stderr
        assert "of the pixels of 1 validation images right" in done.stdout


def test_a_level_that_training_did_not_see_is_refused(run, trained, discs, tmp_path):
    add(tmp_path, 5)
    mask = np.asarray(Image.open(tmp_path / "masks" / "5.png")).copy()
    mask[0, 0] = 7
    Image.fromarray(mask).save(tmp_path / "masks" / "5.png")
    done = run("evaluate", trained[0], tmp_path)
    assert done.returncode == 3
    assert "masks/5.png: level 7 is no class; the classes have the levels 0, 255" in done.stderr


def test_the_same_training_gives_the_same_bytes_whatever_the_threads(run, discs, tmp_path):
    for threads in (1, 2):
        path = tmp_path / f"{threads}.npz"
        settings = ["--arch", ARCH, "--epochs", "1", "--img-size", "24", "-j", threads]
        assert run("train", discs, "-o", path, *map(str, settings)).returncode == 0
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


def test_brightness_and_contrast_matter_little_where_images_are_normalized_by_themselves(
    run, discs, tmp_path
):
    settings = "--normalize image --epochs 12 --img-size 24 --lr 0.02"
    done = run("train", discs, "-o", tmp_path / "m.npz", "--arch", ARCH, *settings.split())
    assert done.returncode == 0, done.stderr
    pixels, mask = scene(100)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    Image.fromarray(pixels // 3 + 120).save(tmp_path / "images" / "dull.png")
    Image.fromarray(mask).save(tmp_path / "masks" / "dull.png")
    assert run("evaluate", tmp_path / "m.npz", tmp_path, "--fail-under", "0.9").returncode == 0


def test_feature_maps_of_such_a_network_can_be_looked_at(run, trained, discs, tmp_path):
    image = discs / "test" / "images" / "100.png"
    done = run("inspect-filters", trained[0], "--method", "activations", "--layer", "relu1",
               "--image", image, "-o", tmp_path / "maps.png")  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_neuron_of_such_a_network_can_be_traced_and_its_image_shifted(run, trained, discs):
    image = discs / "test" / "images" / "100.png"
    done = run("trace", trained[0], image, "--at", "conv1:0,3,4")
    assert done.returncode == 0, done.stderr
    assert "output" in done.stdout
    arguments = ("--method", "shift(2)", "--class", "255", "--image", image, "--json")
    done = run("inspect-filters", trained[0], *arguments)
    assert done.returncode == 0, done.stderr
    (*_, logits) = json.loads(done.stdout)["layers"]
    assert (logits["output"], len(logits["logit"])) == ("255", 3)


def test_class_weights_are_not_for_dice_alone(run, discs, tmp_path):
    options = ("--loss", "dice", "--class-weights", "auto", "--img-size", "24")
    done = run("train", discs, "-o", tmp_path / "m.npz", *options)
    assert done.returncode == 2
    assert "--class-weights is not for dice" in done.stderr


def test_a_network_of_other_classes_is_told_how_to_end(run, discs, tmp_path):
    done = run("train", discs, "-o", tmp_path / "m", "--arch", "conv(5, 1)", "--img-size", "24")
    assert done.returncode == 2
    assert "has 5 outputs for 2 classes; end it with conv(classes, 1)" in done.stderr


def stack(path, arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = map(Image.fromarray, arrays)
    first.save(path, save_all=True, append_images=others)


def test_stacks_are_learned_judged_and_predicted_page_by_page(run, tmp_path):
    pages = [scene(number) for number in range(6)]
    stack(tmp_path / "set/images/discs.tif", [image for image, _ in pages])
    stack(tmp_path / "set/masks/discs.tif", [mask for _, mask in pages])
    settings = ["--epochs", "12", "--img-size", "24", "--lr", "0.02", "--val", "0.3"]
    done = run("train", tmp_path / "set", "-o", tmp_path / "m.npz", "--arch", ARCH, *settings)
    assert done.returncode == 0, done.stderr
    judging = ("evaluate", tmp_path / "m.npz", tmp_path / "set", "--split", "all", "--json")
    judged = json.loads(run(*judging).stdout)
    assert judged["images"] == 6
    assert judged["pixel_accuracy"] > 0.9
    image = tmp_path / "set/images/discs.tif"
    done = run("predict", tmp_path / "m.npz", image, "-o", tmp_path / "out", "--json")
    assert [json.loads(line)["mask"] for line in done.stdout.splitlines()] == [
        f"{tmp_path}/out/discs.tif[{page}].png" for page in range(6)
    ]
    assert done.stderr.count("page") == 0


def voc_set(folder, kind, turn=0):
    """Discs whose palette masks have a border of index 255; of every second the palette turned."""
    for number in range(6):
        image, mask = scene(number)
        disc = mask == 255
        near = disc.copy()
        for shift in (-2, -1, 1, 2):
            near |= np.roll(disc, shift, 0) | np.roll(disc, shift, 1)
        numbers, colors = np.where(disc, 1, np.where(near, 255, 0)), np.zeros((256, 3), np.uint8)
        colors[1], colors[255] = (128, 0, 0), (224, 224, 192)
        if turn and number % 2:
            numbers, colors = numbers ^ 1, colors[np.arange(256) ^ 1]
        for part in ("images", "masks"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"images/{number}.png")
        picture = Image.fromarray(numbers.astype(np.uint8))
        picture.putpalette(colors.tobytes())
        picture.convert(kind).save(folder / f"masks/{number}.png")


@pytest.mark.parametrize(
    ("kind", "turn", "ignore"), [("P", 0, "255"), ("P", 1, "#e0e0c0"), ("RGB", 0, "224 224 192")]
)
def test_what_is_ignored_in_training_is_in_no_figure_of_any_set(call, tmp_path, kind, turn, ignore):
    voc_set(tmp_path / "set", kind, turn)
    voc_set(tmp_path / "other", "RGB")
    settings = ["--arch", ARCH, "--epochs", "12", "--img-size", "24", "--lr", "0.02"]
    said = call("train", tmp_path / "set", "-o", tmp_path / "n.npz", *settings[:2], "--epochs", "0")
    assert re.search("class (255|#e0e0c0) lies only along the borders", said.stderr)
    done = call("train", tmp_path / "set", "-o", tmp_path / "m.npz", *settings, "--ignore", ignore)
    assert done.returncode == 0, done.stderr
    assert "borders" not in done.stderr
    for name in ("set", "other"):
        judged = ("evaluate", tmp_path / "m.npz", tmp_path / name, "--split", "all", "--json")
        found = json.loads(call(*judged).stdout)
        assert len(found["classes"]) == 2
        assert 4 * 40 * 56 < found["pixels"] < 6 * 40 * 56
        assert found["pixel_accuracy"] > 0.9


def test_only_masks_have_what_can_be_ignored(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m.npz", "--ignore", "255")
    assert done.returncode == 2
    assert "--ignore is not for classify; leave it out" in done.stderr


def test_neither_predicting_nor_judging_keeps_the_logits_of_a_whole_image(run, tmp_path):
    stripes = np.add.outer(np.arange(1600) // 40, np.zeros(1600, int)).astype(np.uint8)
    for kind in ("images", "masks"):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for number in range(2):
            Image.fromarray(stripes).save(tmp_path / "set" / kind / f"{number}.png")
    settings = ["--arch", "conv(classes, 1)", "--epochs", "0", "--img-size", "64"]
    assert run("train", tmp_path / "set", "-o", tmp_path / "m.npz", *settings).returncode == 0
    image = tmp_path / "set/images/0.png"
    for arguments in (["predict", image, "--tile", "256"], ["evaluate", tmp_path / "set"]):
        command = ["cnncli", arguments[0], tmp_path / "m.npz", *arguments[1:], "-j", "1"]
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, *command], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) < 400 * 1000  # KB; the logits alone take 410 MB


def test_masks_of_means_over_copies_do_not_depend_on_the_tiles(run, trained, discs, tmp_path):
    for name, options in (
        ("plain", ()),
        ("whole", ("--tta",)),
        ("tiled", ("--tta", "--tile", "16")),
    ):
        done = run("predict", trained[0], discs / "test/images", "-o", tmp_path / name, *options)
        assert done.returncode == 0, done.stderr
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "tiled" / path.name).read_bytes()
        assert path.read_bytes() != (tmp_path / "plain" / path.name).read_bytes()


def test_tiles_are_augmented_alike_with_any_number_of_threads(run, discs, tmp_path):
    digests = set()
    for threads in "13":
        path = tmp_path / f"{threads}.npz"
        arguments = ("--epochs", "1", "--img-size", "24", "--augment", "strong", "-j", threads)
        done = run("train", discs, "-o", path, "--arch", ARCH, *arguments)
        assert done.returncode == 0, done.stderr
        assert "augmentation: shift(0.1), rotate(10), scale(0.1), shear(10)" in done.stderr
        digests.add(path.read_bytes())
    assert len(digests) == 1


def test_what_makes_one_image_of_two_is_refused_for_masks(run, discs, tmp_path):
    done = run("train", discs, "-o", tmp_path / "m.npz", "--augment", "hflip, mixup")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("cnncli: --augment: mixup ")
    assert not list(tmp_path.iterdir())
