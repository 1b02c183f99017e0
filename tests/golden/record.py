"""Models of five kinds, and what the commands answered about them when they were made.

`python tests/golden/record.py CNNCLI` trains the models anew with the `cnncli` at that path and
records its answers. That is wanted where an answer is meant to change, and only there:
tests/test_golden.py holds every later version to them.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
SAMPLES = HERE.parent.parent / "sample_data"
BRANCHES = (
    "block(n) = (conv(n, 3, pad=1, bias=no) >> bn >> relu >> conv(n, 3, pad=1, bias=no) >> bn) + id"
    " >> relu\n"
    "conv(8, 3, pad=1, bias=no) >> bn >> relu >> block(8) >> (maxpool | avgpool)"
    " >> conv(12, 3) >> relu >> dropout(0.2) >> global_avgpool >> dense(classes)"
)
PIXELS = (
    "conv(6, 3, pad=1) >> relu >> (id | (maxpool >> conv(8, 3, pad=1) >> relu >> deconv(4, 2, 2)))"
    " >> conv(classes, 3, pad=1)"
)
TRAININGS = {  # data and options of each model
    "image": "digits --epochs 3 --arch 'conv(4, 5) >> relu >> maxpool >> dense(classes)'",
    "branches": f"digits --epochs 2 --normalize image --arch '{BRANCHES}'",
    "signal": "words --epochs 4 -b 8 --length 2000 --monitor train_loss --arch"
    " 'conv(6, 16, 4) >> bn >> relu >> maxpool(4) >> conv(8, 3) >> relu >> global_avgpool"
    " >> dense(classes)'",
    "masks": f"discs --epochs 8 --img-size 24 --lr 0.02 --arch '{PIXELS}'",
    "labels": "shapes.csv --epochs 6 --arch 'conv(6, 3) >> relu >> maxpool >> dense(classes)'",
}
INPUTS = {  # of predict, and of evaluate
    "image": ("digits/test/7", "digits"),
    "branches": ("digits/test/3", "digits"),
    "signal": ("words/test", "words"),
    "masks": ("discs/test/images", "discs"),
    "labels": ("shapes", "shapes.csv"),
}
QUESTIONS = {
    "predict.jsonl": "predict {model} {inputs} --json",
    "evaluate.json": "evaluate {model} {data} --json",
    "shapes.json": "shape-calc {model} --json",
    "shapes.txt": "shape-calc {model} --explain",
    "draw.txt": "draw {model}",
    "filters.json": "inspect-filters {model} --json",
}


def make_data(folder: Path) -> None:
    """Write the data sets: links to the samples, discs with their masks, shapes with labels."""
    for name in ("digits", "words"):
        (folder / name).symlink_to(SAMPLES / name)
    rows, columns = np.ogrid[:40, :48]
    for number in range(10):
        y, x = 12 + 7 * number % 16, 12 + 11 * number % 24
        disc = (rows - y) ** 2 + (columns - x) ** 2 < 80
        pixels = (rows * 5 + columns * 3 + 17 * number) % 90 + 120 * disc
        part = folder / "discs" / ("test" if number > 7 else "train")
        for kind, values in (("images", pixels), ("masks", 255 * disc)):
            (part / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(values.astype(np.uint8)).save(part / kind / f"{number}.png")
    lines = ["path,label"]
    (folder / "shapes").mkdir()
    for number in range(40):
        pixels = (rows[:12] * 7 + columns[:, :12] * 5 + 29 * number) % 60
        labels = []
        if number % 2:
            pixels[2:4] += 150
            labels.append("row")
        if number % 3 == 0:
            pixels[:, 7:9] += 150
            labels.append("column")
        Image.fromarray(np.minimum(pixels, 255).astype(np.uint8)).save(
            folder / "shapes" / f"{number:02}.png"
        )
        lines.append(f"shapes/{number:02}.png,{'|'.join(labels)}")
    (folder / "shapes.csv").write_text("\n".join(lines) + "\n")


def ask(cnncli: str, model: str, question: str, folder: Path) -> str:
    """Return what a command answers about a model."""
    inputs, data = INPUTS[model]
    words = QUESTIONS[question].format(model=f"{model}.npz", inputs=inputs, data=data).split()
    run = subprocess.run([cnncli, *words], cwd=folder, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


def main() -> None:
    """Train the models and record the answers."""
    cnncli = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder)
        for model, training in TRAININGS.items():
            command = f"{cnncli} train {training} -o {model}.npz -q"
            subprocess.run(["bash", "-c", command], cwd=folder, check=True)
            (HERE / "models" / f"{model}.npz").write_bytes((folder / f"{model}.npz").read_bytes())
            for question in QUESTIONS:
                answer = ask(cnncli, model, question, folder)
                (HERE / "answers" / f"{model}.{question}").write_text(answer)


if __name__ == "__main__":
    main()
