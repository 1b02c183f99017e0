"""`report`: a page about a trained network."""

import hashlib
import json
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from html5lib import HTMLParser as StrictParser
from PIL import Image


@pytest.fixture(scope="module")
def page(run, model, patterns, tmp_path_factory):
    """The report of the model of three patterns, on its data and on two of its images."""
    path = tmp_path_factory.mktemp("report") / "page.html"
    images = sorted(patterns.rglob("*.png"))[:2]
    options = [word for image in images for word in ("--image", image)]
    done = run("report", model, "--data", patterns, *options, "-o", path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return path.read_text(encoding="utf-8")


class Addresses(HTMLParser):
    """Every address on a page."""

    def __init__(self, text):
        super().__init__()
        self.found, self.names = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.found += [values[name] for name in ("href", "src") if name in values]
        self.names.add(values.get("id"))


def test_the_page_is_html_without_a_mistake(page):
    StrictParser(strict=True).parse(page)


def test_nothing_is_fetched_and_every_link_on_the_page_leads_somewhere(page):
    addresses = Addresses(page)
    assert len(addresses.found) > 10
    for address in addresses.found:
        assert address.startswith(("data:", "#"))
        assert address[1:] in addresses.names or not address.startswith("#")
    assert "url(" not in page and "@import" not in page and "fetch(" not in page


def test_the_page_has_a_part_for_everything_that_was_given(page):
    for heading in ("Network", "Filters and maps", "What decides", "Answers", "Training"):
        assert f"<h2>{heading}</h2>" in page
    assert page.count("<svg") == 2
    assert "accuracy" in page


def test_the_arithmetic_is_that_of_trace(page, run, model, patterns):
    image = sorted(patterns.rglob("*.png"))[0]
    lines = re.search(r'<div id="neuron">\n<pre.*?>\n(.*?)</pre>', page, re.S)[1].splitlines()
    neuron = lines[0].partition(" ")[0]
    traced = run("trace", model, image, "--at", neuron).stdout.splitlines()
    assert lines[1:] == traced[1:]


def test_the_command_on_the_page_trains_the_same_bytes(page, script, model, patterns, tmp_path):
    command = re.search(r'<pre class="command".*?>(.*?)</pre>', page, re.S)[1]
    words = shlex.split(command.replace("&gt;", ">").replace("&#39;", "'"))
    assert words[:4] == ["cnncli", "train", "DATA", "-o"]
    again = tmp_path / "again.npz"
    subprocess.run([script, "train", patterns, "-o", again, "-q", *words[5:]], check=True)
    assert again.read_bytes() == model.read_bytes()


def test_the_same_call_writes_the_same_bytes(run, model, tmp_path):
    pages = [tmp_path / "a.html", tmp_path / "b.html"]
    for path, threads in zip(pages, ("1", "2"), strict=True):
        assert run("report", model, "-o", path, "-j", threads).returncode == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert b"With --data the page shows" in pages[0].read_bytes()


def test_json_says_what_is_on_the_page(run, model, image, tmp_path):
    path = tmp_path / "page.html"
    done = run("report", model, "--image", image, "-o", path, "--json")
    record = json.loads(done.stdout)
    assert record["parts"] == ["network", "inside", "explained", "training"]
    assert record["bytes"] == path.stat().st_size
    assert record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_names_cannot_become_html(run, model, tmp_path, image):
    path = tmp_path / "<script>alert(1)<"
    path.write_bytes(image.read_bytes())
    done = run("report", model, "--image", path, "-o", "-")
    assert done.returncode == 0
    assert "<script>alert" not in done.stdout
    assert "&lt;script&gt;alert(1)&lt;" in done.stdout


def make_numbers(folder):
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (24, 8, 8, 3), np.uint8)
    np.savez(folder / "data.npz", x=x, y=x.mean(axis=(1, 2, 3)))
    return folder / "data.npz"


def make_signals(folder):
    random = np.random.default_rng(0)
    x = random.standard_normal((24, 300)).astype(np.float32)
    np.savez(folder / "data.npz", x=x, y=np.arange(24) % 3)
    return folder / "data.npz"


def make_masks(folder):
    random = np.random.default_rng(0)
    for name in ("images", "masks"):
        (folder / name).mkdir()
    for number in range(4):
        pixels = random.integers(0, 256, (16, 16), np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        levels = np.where(pixels > 128, 255, 0).astype(np.uint8)
        Image.fromarray(levels).save(folder / "masks" / f"{number}.png")
    return folder


@pytest.mark.parametrize(
    ("make_data", "arch", "parts"),
    [
        (make_numbers, "conv(4, 3) >> relu >> global_avgpool >> dense(classes)", "The worst"),
        (make_signals, "conv(4, 5) >> relu >> maxpool >> dense(classes)", "for which"),
        (make_masks, "conv(4, 3, pad=1) >> relu >> conv(classes, 1)", "pixel accuracy"),
        (make_signals, "dense(4) >> relu >> dense(classes)", "The worst"),
    ],
    ids=["numbers", "signals", "masks", "without a convolution"],
)
def test_networks_of_every_kind_have_a_page(call, tmp_path, make_data, arch, parts):
    data, model, path = make_data(tmp_path), tmp_path / "m.npz", tmp_path / "page.html"
    done = call("train", data, "-o", model, "--arch", arch, "--epochs", "1", "-q")
    assert done.returncode == 0, done.stderr
    done = call("report", model, "--data", data, "-o", path)
    assert done.returncode == 0, done.stderr
    page = path.read_text(encoding="utf-8")
    StrictParser(strict=True).parse(page)
    assert parts in page
    assert ("One neuron of conv1" in page) == ("conv" in arch and make_data is not make_masks)


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (["-o", "page.pdf"], "page.pdf: a report is HTML; use a name that ends in .html", 2),
        (["-o", "kept.html"], "kept.html: already exists", 2),
        (["--image", "none.png", "-o", "page.html"], "none.png: ", 3),
        (["--data", "none", "-o", "page.html"], "none: ", 3),
    ],
)
def test_a_fault_leaves_no_page(run, model, tmp_path, options, said, code):
    (tmp_path / "kept.html").write_text("kept")
    done = run("report", model, *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"cnncli: {said}")
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["kept.html"]
    assert (tmp_path / "kept.html").read_text() == "kept"


def test_without_jinja_the_extra_is_named(model, tmp_path):
    code = (
        "import sys; sys.modules['jinja2'] = None\n"
        f"sys.argv = ['cnncli', 'report', {str(model)!r}, '-o', {str(tmp_path / 'p.html')!r}]\n"
        "from cnncli.cli import main; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == ('cnncli: only Jinja2 writes reports: pip install "cnncli[report]"\n')
    assert not (tmp_path / "p.html").exists()
