import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.errors import CnncliError, DataError, UsageError
from cnncli.inspection.base import Subject
from cnncli.inspection.methods import top_patches
from cnncli.inspection.methods.top_patches import TopPatches
from cnncli.inspection.watcher import Watcher
from cnncli.tasks import Classification
from cnncli.trained.model import Trained

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
CORNER = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0]])
TEXT = "conv(2, 3, pad=1) >> relu >> maxpool(2) >> dense(2)"


@pytest.fixture
def trained(make_network):
    """A network whose first filters look for a cross and for a corner, in levels from 0 to 1."""
    network = make_network(TEXT, (8, 8, 1))
    filters = np.stack([CROSS, CORNER])
    network.model.weights["conv1/weight"][:, 0] = 2 * filters - 1
    unit = Preprocessing(8, 8, 1, "stretch", "unit", (1 / 255,), (0.0,))
    return Trained(network.model, unit, Classification(("a", "b")))


@pytest.fixture
def write(tmp_path):
    """Return what writes an image 8x8 with a shape at a place, as bright as said."""

    def write(name, shape, top, left, level):
        pixels = np.zeros((8, 8), np.uint8)
        pixels[top : top + 3, left : left + 3] = level * shape
        Image.fromarray(pixels).save(tmp_path / name)

    return write


def test_planted_patches_are_found_with_where_they_are(trained, write, tmp_path):
    write("a.png", CROSS, 3, 2, 100)
    write("b.png", CORNER, 5, 4, 200)
    write("c.png", CROSS, 1, 5, 180)

    findings = TopPatches(patches=1).find(trained, Subject(data=str(tmp_path)))

    figures = findings.figures
    assert (findings.layer, findings.samples) == ("relu1", 3)
    assert figures["paths"].ravel().tolist() == [f"{tmp_path}/c.png", f"{tmp_path}/b.png"]
    assert figures["at"].tolist() == [[[2, 6]], [[6, 5]]]
    assert figures["field"].tolist() == [[[1, 5, 4, 8]], [[5, 4, 8, 7]]]
    assert figures["activations"].ravel() == pytest.approx([5 * 180 / 255, 3 * 200 / 255])
    assert findings.values[:, 0, ..., 0].tolist() == [
        (180 * CROSS).tolist(),
        (200 * CORNER).tolist(),
    ]
    assert findings.inside.all()


def test_the_strongest_patch_comes_first(trained, write, tmp_path):
    for name, level in (("a.png", 100), ("b.png", 200), ("c.png", 150)):
        write(name, CROSS, 3, 2, level)

    findings = TopPatches(patches=2).find(trained, Subject(data=str(tmp_path), filters=(0,)))

    assert findings.figures["paths"].tolist() == [[f"{tmp_path}/b.png", f"{tmp_path}/c.png"]]


def test_a_deconvolution_is_the_activation_through_the_filter(trained, write, tmp_path):
    write("a.png", CROSS, 3, 2, 255)

    findings = TopPatches(patches=1).find(trained, Subject(data=str(tmp_path), filters=(0,)))

    (deconvolution,) = findings.figures["deconvolutions"][0, :, ..., 0]
    assert deconvolution == pytest.approx(5.0 * (2 * CROSS - 1))


def test_a_deconvolution_goes_back_to_where_a_maximum_was(trained, write, tmp_path):
    write("a.png", CROSS, 3, 2, 255)

    findings = TopPatches(patches=1).find(
        trained, Subject(data=str(tmp_path), layer="maxpool1", filters=(0,))
    )

    assert findings.figures["at"].tolist() == [[[2, 1]]]  # rows 4 and 5 of the map, columns 2 and 3
    assert findings.figures["field"].tolist() == [[[3, 1, 7, 5]]]
    expected = np.zeros((4, 4))
    expected[0:3, 1:4] = 5.0 * (2 * CROSS - 1)
    assert findings.figures["deconvolutions"][0, 0, ..., 0] == pytest.approx(expected)


def test_a_patch_at_the_border_is_empty_beyond_it(trained, write, tmp_path):
    write("a.png", CROSS, 3, 2, 100)
    pixels = np.zeros((8, 8), np.uint8)
    pixels[0, 4:7], pixels[1, 5] = 255, 255  # all of a cross but its first row
    Image.fromarray(pixels).save(tmp_path / "b.png")

    findings = TopPatches(patches=1).find(trained, Subject(data=str(tmp_path), filters=(0,)))
    both = TopPatches(patches=2).find(trained, Subject(data=str(tmp_path), filters=(0,)))

    assert findings.figures["field"].tolist() == [[[0, 4, 2, 7]]]
    assert findings.values[0, 0, ..., 0].tolist() == [[255, 255, 255], [0, 255, 0]]
    assert both.values[0, 0, ..., 0].tolist() == [[0, 0, 0], [255, 255, 255], [0, 255, 0]]
    assert both.inside[0, 0].tolist() == [[False] * 3, [True] * 3, [True] * 3]


def test_a_filter_that_nothing_excites_has_no_patch(trained, write, tmp_path):
    write("a.png", 0 * CROSS, 0, 0, 0)

    findings = TopPatches().find(trained, Subject(data=str(tmp_path)))

    assert findings.figures["dead"].tolist() == [True, True]
    assert [record["patches"] for record in findings.list_records()] == [[], []]


@pytest.mark.parametrize("threads", [1, 2])
def test_patches_do_not_depend_on_batches_and_threads(
    trained, write, tmp_path, monkeypatch, threads
):
    for number in range(20):
        write(
            f"{number:02}.png", CROSS if number % 2 else CORNER, number % 6, number % 5, 9 * number
        )
    subject = Subject(data=str(tmp_path))
    whole = TopPatches(patches=4).find(trained, subject)
    trained.threads = threads
    monkeypatch.setattr("cnncli.inspection.excitation.MOST_SAMPLES", 2)

    findings = TopPatches(patches=4).find(trained, subject)

    assert findings.values.tobytes() == whole.values.tobytes()
    for name, values in whole.figures.items():
        assert findings.figures[name].tobytes() == values.tobytes(), name


class Notes(Watcher):
    def __init__(self):
        self.counts, self.errors = [], []

    def count(self, samples):
        self.counts.append(samples)

    def report(self, error):
        self.errors.append(str(error))


def test_what_cannot_be_read_is_reported_and_left_out(trained, write, tmp_path):
    (tmp_path / "a.png").write_text("no image")
    write("b.png", CROSS, 1, 1, 200)
    notes = Notes()

    findings = TopPatches(patches=1).find(trained, Subject(data=str(tmp_path), watcher=notes))

    assert findings.samples == 1 and notes.counts[-1] == 1
    (error,) = notes.errors
    assert error.startswith(f"{tmp_path}/a.png: not a readable image")


def test_data_without_anything_to_read_are_an_error(trained, tmp_path):
    (tmp_path / "a.png").write_text("no image")
    with pytest.raises(DataError, match=r"a\.png: not a readable image"):
        TopPatches().find(trained, Subject(data=str(tmp_path)))
    with pytest.raises(DataError, match="no such file"):
        TopPatches().find(trained, Subject(data=str(tmp_path / "none")))


def test_a_filter_that_there_is_not_is_refused_before_any_work(trained, tmp_path):
    with pytest.raises(UsageError, match="filter 2: relu1 has 2 filters; give 0 to 1"):
        TopPatches().find(trained, Subject(data=str(tmp_path), filters=(2,)))


def test_patches_that_do_not_fit_into_the_memory_are_refused(trained, write, tmp_path, monkeypatch):
    write("a.png", CROSS, 3, 2, 100)
    monkeypatch.setattr(top_patches, "measure_available_memory", lambda: 100)
    with pytest.raises(CnncliError, match=r"relu1: the patches of 2 filters take .*filter"):
        TopPatches().find(trained, Subject(data=str(tmp_path)))


def test_a_signal_has_patches_of_a_single_row(make_network, tmp_path):
    network = make_network("conv(1, 3) >> relu >> dense(2)", (12, 1))
    network.model.weights["conv1/weight"][0, 0, 0] = (1, 2, 1)
    signal = np.zeros((2, 12), np.float32)
    signal[1, 5:8] = (1, 2, 1)
    np.savez(tmp_path / "signals.npz", x=signal[..., None])
    preprocessing = SignalPreprocessing(12, 1, None, "none", (1.0,), (0.0,))
    trained = Trained(network.model, preprocessing, Classification(("a", "b")))

    findings = TopPatches(patches=1).find(trained, Subject(data=str(tmp_path / "signals.npz")))

    assert findings.values.shape == (1, 1, 1, 3, 1)
    assert findings.values.ravel().tolist() == [1, 2, 1]
    assert findings.figures["field"].tolist() == [[[0, 5, 1, 8]]]
