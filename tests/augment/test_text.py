import pytest

from cnncli.augment import NONE, Augmentation
from cnncli.augment.flips import HorizontalFlip
from cnncli.augment.presets import PRESETS
from cnncli.augment.shifts import Shift
from cnncli.augment.text import check_text, read_augmentation
from cnncli.errors import UsageError
from cnncli.tasks import TASKS

IMAGE, SIGNAL = (32, 32, 3), (1000, 1)


@pytest.mark.parametrize("text", [
    "hflip, shift(2)", " hflip ,shift( distance = 2 ) ", "hflip\nshift(2)  # in pixels",
    "hflip(0.5), shift(2)",
])  # fmt: skip
def test_steps_stand_between_commas_or_on_lines(text):
    augmentation = read_augmentation(text, IMAGE)
    assert augmentation == Augmentation((HorizontalFlip(), Shift(2.0)))
    assert str(augmentation) == "hflip, shift(2)"


def test_none_is_no_step():
    assert read_augmentation("none", IMAGE) == read_augmentation(" none", SIGNAL) == NONE
    assert str(NONE) == "none"


SHAPES = {"color image": IMAGE, "gray image": (28, 28, 1), "signal": SIGNAL}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, presets in PRESETS.items() for name in presets]
)
def test_a_preset_is_written_out_and_fits_what_it_is_for(kind, name):
    augmentation = read_augmentation(name, SHAPES[kind])
    assert str(augmentation) == PRESETS[kind][name]
    for task in TASKS:
        augmentation.check(task, SHAPES[kind])
    check_text(name)


def test_presets_mirror_images_in_color_alone():
    for name in ("light", "strong"):
        assert "flip" in str(read_augmentation(name, IMAGE))
        assert "flip" not in str(read_augmentation(name, (28, 28, 1)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hflip, rotat(3)", "augment: column 8: no step is called 'rotat'; did you mean rotate?"),
        ("hflip, xyz", "column 8: no step is called 'xyz'; `cnncli layers --augment` lists them"),
        ("hflip,", "column 7: expected a step, found the end"),
        ("hflip rotate(3)", "column 7: expected ',' before 'rotate'"),
        ("hflip >> vflip", "column 7: expected ',' before '>>'"),
        ("", "augment is empty; write steps such as hflip, shift(2), or none"),
        ("hflip, shift", "column 8: shift: distance is missing; write shift(distance)"),
        ("shift(2, 3)", "column 10: shift: '3' is one setting too many"),
        ("shift(1.5)", "column 7: shift: distance is '1.5'; expected a whole number of pixels, or"),
        ("shift(far=2)", "column 7: shift has no setting 'far'; it has distance"),
        ("rotate(-3)", "column 8: rotate: degrees is '-3'; expected a number from 0 to 180"),
        ("hflip, light", "column 8: light stands for steps of its own; write it alone"),
        ("hflip & vflip", "column 7: '&' means nothing here; steps are separated by commas"),
        ("hflip(0.5", "column 6: this '(' is never closed; add its ')'"),
        ("hflip\nrotat(3)", "line 2, column 1: no step is called 'rotat'"),
    ],
)
def test_an_error_names_the_column_and_what_to_do(text, message):
    with pytest.raises(UsageError) as error:
        read_augmentation(text, IMAGE)
    assert message in str(error.value)
    with pytest.raises(UsageError):
        check_text(text)


def test_a_step_for_images_is_none_for_signals():
    check_text("hflip")
    with pytest.raises(UsageError, match="column 1: hflip is for images, and these are signals"):
        read_augmentation("hflip", SIGNAL)


@pytest.mark.parametrize("text", ["shift(40)", "crop(32)"])
def test_a_step_that_leaves_nothing_of_an_image_is_refused(text):
    with pytest.raises(UsageError, match="would move all of an image 32 wide and 32 high"):
        read_augmentation(text, IMAGE).check("classify", IMAGE)
