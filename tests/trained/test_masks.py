import numpy as np
import pytest
from PIL import Image

from cnncli.errors import DataError, UsageError
from cnncli.samples import MaskLevels
from cnncli.trained.answers import Answer
from cnncli.trained.masks import MaskWriter

LEVELS = MaskLevels((0, 255), ("background", "cell"))


@pytest.fixture
def open_folder(tmp_path):
    """Open a folder for masks, `masks` without another name."""

    def open_folder(name="masks", *, single=False, colored=False, force=False):
        target = str(tmp_path / name)
        return MaskWriter(target, LEVELS, single=single, colored=colored, force=force)

    return open_folder


def make_answer(name):
    """An answer of 2x3 pixels, the last column of which is cell."""
    classes = np.array([[0, 0, 1]] * 2, np.int8)
    return Answer(name, output=classes, sample=np.full((2, 3, 1), 100, np.uint8))


def test_a_mask_has_the_name_of_its_image_and_the_levels_of_its_classes(open_folder, tmp_path):
    path = open_folder().write(make_answer("images/a.jpeg"))

    assert path == str(tmp_path / "masks" / "a.png")
    assert np.asarray(Image.open(path)).tolist() == [[0, 0, 255]] * 2


def test_stdin_and_other_endings_have_names_too(open_folder):
    folder = open_folder()

    assert folder.write(make_answer("-")).endswith("/stdin.png")
    assert folder.write(make_answer("x.npz[3]")).endswith("/x.npz[3].png")


def test_an_image_in_colors_is_rgb(open_folder):
    path = open_folder(colored=True).write(make_answer("a.png"))

    with Image.open(path) as picture:
        assert picture.mode == "RGB"


def test_the_record_gets_the_path_of_the_mask(open_folder):
    record = open_folder().add_mask({"path": "a.png"}, make_answer("a.png"))

    assert list(record) == ["path", "mask"]


def test_an_error_has_no_mask(open_folder):
    record = {"path": "a.png", "error": "truncated"}

    assert open_folder().add_mask(record, Answer("a.png", error="truncated")) == record


def test_two_images_of_one_name_are_refused(open_folder):
    folder = open_folder()
    folder.write(make_answer("left/a.png"))

    with pytest.raises(DataError, match=r"is of left/a.png, which has the same name"):
        folder.write(make_answer("right/a.png"))
    record = folder.add_mask({"path": "right/a.png"}, make_answer("right/a.png"))
    assert list(record) == ["path", "error"]


def test_a_mask_that_exists_stays_unless_forced(open_folder):
    path = open_folder().write(make_answer("a.png"))

    with pytest.raises(UsageError, match="already exists"):
        open_folder().write(make_answer("a.png"))
    assert open_folder(force=True).write(make_answer("a.png")) == path


def test_masks_are_not_written_among_the_images(open_folder, tmp_path):
    (tmp_path / "masks").mkdir()
    image = tmp_path / "masks" / "a.jpg"
    image.touch()

    with pytest.raises(UsageError, match="holds the images; give another folder"):
        open_folder().write(make_answer(str(image)))


def test_a_file_is_no_folder_for_masks(open_folder, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="is a file; give a folder for the masks"):
        open_folder("file")


def test_a_single_mask_goes_to_the_file_that_is_named(open_folder, tmp_path):
    writer = open_folder("cell.png", single=True)

    assert writer.write(make_answer("images/a.jpg")) == str(tmp_path / "cell.png")
    assert np.asarray(Image.open(tmp_path / "cell.png")).tolist() == [[0, 0, 255]] * 2
    with pytest.raises(DataError, match=r"is of images/a.jpg, which is another image; give a"):
        writer.write(make_answer("b.jpg"))


def test_a_single_file_is_checked_before_the_work_begins(open_folder, tmp_path):
    (tmp_path / "cell.png").touch()

    with pytest.raises(UsageError, match="already exists"):
        open_folder("cell.png", single=True)
    with pytest.raises(UsageError, match="there is no folder"):
        open_folder("none/cell.png", single=True)


def test_an_image_is_not_overwritten_with_its_mask(open_folder, tmp_path):
    (tmp_path / "a.png").touch()

    writer = open_folder("a.png", single=True, force=True)
    with pytest.raises(UsageError, match="is the image; give another file"):
        writer.write(make_answer(str(tmp_path / "a.png")))


def test_the_legend_of_a_colored_image_names_what_occurs(open_folder):
    both, one = make_answer("both.png"), make_answer("one.png")
    one.output[:] = 0
    folder = open_folder(colored=True)
    inks = []
    for answer in (both, one):
        with Image.open(folder.write(answer)) as picture:
            inks.append(np.count_nonzero(np.asarray(picture)[2:] != 255))
    assert inks[0] > inks[1] + 100
