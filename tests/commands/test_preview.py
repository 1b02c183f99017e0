"""`cnncli preview`: samples, and what a training makes of them, as a picture, a list or JSON."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pseudo_terminal import on_a_terminal


@pytest.fixture
def preview(run, patterns):
    """Run the command on images of three classes."""
    return lambda *arguments, **settings: run("preview", patterns, *arguments, **settings)


def read_json(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_list_names_the_samples_and_what_they_are_mixed_of(preview):
    done = preview("-n", "5", "--augment", "mixup(1)")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 5
    for line in lines:
        path, _, text = line.partition(": ")
        name, arrow, mixed = text.partition(" -> ")
        assert Path(path).parent.name == name
        assert Path(path).exists()
        if arrow:
            assert name in mixed and " % " in mixed and " + " in mixed
    assert any("->" in line for line in lines)


def test_json_has_the_share_of_each_class(preview):
    document = read_json(preview("-n", "6", "--augment", "cutmix", "--json"))
    assert (document["schema"], document["command"], document["task"]) == (1, "preview", "classify")
    assert document["augment"] == "cutmix"
    assert len(document["samples"]) == 6
    for sample in document["samples"]:
        assert list(sample["target"].values()) == [1.0]
        assert sum(sample["seen_target"].values()) == pytest.approx(1)
        assert sample["path"].endswith(".png")
    assert any(len(sample["seen_target"]) == 2 for sample in document["samples"])


def test_a_picture_has_originals_and_what_is_seen_of_them(preview, tmp_path):
    grid = tmp_path / "grid.png"
    done = preview("-n", "3", "--augment", "brightness(0.9)", "-o", grid)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    picture = Image.open(grid)
    assert picture.format == "PNG"
    pixels = np.asarray(picture)
    assert pixels.shape[1] > 3 * 150
    again = preview("-n", "3", "--augment", "brightness(0.9)", "-o", "-", text=False)
    assert again.stdout == grid.read_bytes()
    plain = preview("-n", "3", "-o", "-", text=False)
    assert np.asarray(Image.open(io.BytesIO(plain.stdout))).shape == pixels.shape
    assert plain.stdout != again.stdout


def test_the_seed_chooses_samples_and_changes(preview):
    first, second, again = (
        preview("--augment", "mixup", "--json", "--seed", seed).stdout for seed in ("1", "2", "1")
    )
    assert first == again != second


def test_on_a_terminal_the_samples_are_drawn(script, patterns):
    written = on_a_terminal(script, "preview", patterns, "-n", "2", "-q").decode()
    assert "originals, and below each what a network sees of it" in written
    assert "▀" in written
    assert written.count("rows") + written.count("plain") + written.count("columns") >= 2


def test_a_set_of_fewer_samples_is_shown_whole(run, patterns, tmp_path):
    images = [image for i in range(3) for image in patterns.glob(f"train/*/{i}.png")]
    rows = [f"{image},{image.parent.name}" for image in images]
    few = tmp_path / "few.csv"
    few.write_text("\n".join(["path,label", *rows, ""]))
    done = run("preview", few, "-n", "50", "--json", "--val", few)
    assert len(read_json(done)["samples"]) == 9


def test_numbers_and_labels_are_given_by_name(run, patterns, tmp_path):
    images = sorted((patterns / "train" / "rows").glob("*.png"))
    numbers = [f"{image},{i},{10 * i}" for i, image in enumerate(images)]
    (tmp_path / "numbers.csv").write_text("\n".join(["path,width,height", *numbers, ""]))
    sample = read_json(run("preview", tmp_path / "numbers.csv", "--json"))["samples"][0]
    assert sample["target"] == sample["seen_target"]
    assert sample["target"]["height"] == pytest.approx(10 * sample["target"]["width"])
    labels = [f"{image},{'a|b' if i % 2 else 'b'}" for i, image in enumerate(images)]
    (tmp_path / "labels.csv").write_text("\n".join(["path,label", *labels, ""]))
    done = run("preview", tmp_path / "labels.csv", "--json", "--augment", "mixup(1)")
    for sample in read_json(done)["samples"]:
        assert sample["target"]["b"] == 1
        assert sample["seen_target"]["b"] == pytest.approx(1)


def test_masks_are_drawn_over_their_images(run, tmp_path):
    for part in ("images", "masks"):
        (tmp_path / "set" / part).mkdir(parents=True)
    for number in range(6):
        pixels = np.random.default_rng(number).integers(0, 256, (24, 24), np.uint8)
        mask = np.zeros((24, 24), np.uint8)
        mask[:, 12:] = 255
        Image.fromarray(pixels).save(tmp_path / "set" / "images" / f"{number}.png")
        Image.fromarray(mask).save(tmp_path / "set" / "masks" / f"{number}.png")
    grid = tmp_path / "grid.png"
    done = run(
        "preview", tmp_path / "set", "-n", "2", "-o", grid, "--json",
        "--img-size", "16", "--augment", "rotate(20), border(zero)",
    )  # fmt: skip
    document = read_json(done)
    assert document["task"] == "segment"
    assert sum(document["samples"][0]["target"].values()) == pytest.approx(1)
    colors = {color for _, color in Image.open(grid).getcolors(1 << 20)}
    assert {(0, 114, 178), (230, 159, 0)} <= colors


def test_signals_are_drawn_as_curves(run, tmp_path):
    numbers = np.random.default_rng(0)
    values = numbers.normal(size=(20, 64, 1)).astype(np.float32)
    np.savez(tmp_path / "set.npz", x=values, y=np.arange(20) % 2)
    grid = tmp_path / "grid.png"
    done = run("preview", tmp_path / "set.npz", "-o", grid, "--json", "--augment", "shift(9)")
    assert read_json(done)["augment"] == "shift(9)"
    assert {(236,) * 3, (40,) * 3} <= {color for _, color in Image.open(grid).getcolors(1 << 20)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--augment", "rotat(3)"), "--augment: column 1: no step is called 'rotat'; did you mean"),
        (("--augment", "hue(30)"), "--augment: hue(30) is for images in color, and these are gray"),
        (("-o", "grid.jpg"), "grid.jpg: no such kind of output; use a name that ends in .png"),
        (("-o", "-", "--json"), "--json and -o - both go to stdout; give -o the name of a file"),
        (("-n", "0"), "'-n': 0 is not in the range 1<=x<=1000"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(preview, tmp_path, arguments, message):
    done = preview(*arguments, "-q", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_file_that_exists_is_kept_unless_it_is_forced(preview, tmp_path):
    grid = tmp_path / "grid.png"
    grid.write_text("mine")
    done = preview("-n", "1", "-o", grid)
    assert done.returncode == 2
    assert grid.read_text() == "mine"
    assert preview("-n", "1", "-o", grid, "-f").returncode == 0
    assert grid.read_bytes().startswith(b"\x89PNG")


def test_a_set_that_cannot_be_read_is_an_error_of_the_data(run, tmp_path):
    done = run("preview", tmp_path / "nothing")
    assert done.returncode == 3
    assert "nothing" in done.stderr
