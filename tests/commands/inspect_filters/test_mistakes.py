import json

import pytest


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--layer", "cnov2"],
            2,
            "no layer 'cnov2' with filters; did you mean conv2? there is conv1, conv2, dense1",
        ),
        (["--layer", "relu1"], 2, "no layer 'relu1' with filters; there is conv1, conv2, dense1"),
        (
            ["--method", "activations"],
            2,
            "--method activations needs an image; give one with --image",
        ),
        (["--class", "cat"], 2, "--class is not for --method filters; leave it out"),
        (["--filter", "2"], 2, "--filter 2: conv1 has 2 filters; give 0 to 1"),
        (
            ["--method", "saliency", "--image", "image.png", "--class", "cow"],
            2,
            "'cow' is none of the classes; there are cat, dog",
        ),
        (
            ["--method", "saliency(2)", "--image", "image.png"],
            2,
            "--method saliency: '2' is one setting too many",
        ),
        (
            ["--method", "top-patches"],
            2,
            "--method top-patches needs a data set; give one with --data",
        ),
        (
            [*["--method", "activations", "--image", "image.png", "--data", "."]],
            2,
            "--data is not for --method activations; leave it out",
        ),
        (
            ["--method", "top-patches", "--data", "none"],
            3,
            "none: not a readable image (no such file); check the path",
        ),
        (["--overlay"], 2, "--overlay is not for --method filters; leave it out"),
        (["--score"], 2, "--score is not for --method filters; leave it out"),
        (
            ["--method", "activations", "--image", "image.png", "--score"],
            2,
            "--score is not for --method activations; leave it out",
        ),
        (
            [*["--method", "saliency", "--image", "image.png", "--layer", "conv2", "--score"]],
            2,
            "--score follows an answer of the network, not conv2; leave --layer out",
        ),
        (
            ["--method", "activations", "--image", "image.png", "--overlay"],
            2,
            "--overlay is for pictures; give -o FILE.png",
        ),
        (
            [*["--method", "activations", "--image", "image.png", "--overlay", "-o", "a.npz"]],
            2,
            "--overlay is for pictures; give -o FILE.png",
        ),
        (
            [
                *[
                    "--method",
                    "activations",
                    "--image",
                    "image.png",
                    "--layer",
                    "dense1",
                    "--overlay",
                    "-o",
                    "a.png",
                ]
            ],
            2,
            "--overlay: dense1 has no maps of several rows; leave it out, or name another layer",
        ),
        (
            ["-o", "report.html"],
            2,
            "report.html: no such kind of output; use a name that ends in .png or .npz",
        ),
        (
            ["-o", "-", "--json"],
            2,
            "--json and -o - both go to stdout; give -o the name of a file",
        ),
        (
            ["--image", "none.png"],
            3,
            "none.png: not a readable image (no such file); check the path",
        ),
    ],
)
def test_a_mistake_ends_in_one_line(inspect_here, arguments, code, message):
    done = inspect_here("model.npz", *arguments)

    error = done.stderr
    if "--json" in arguments:
        error = "cnncli: " + json.loads(error)["error"]["message"] + "\n"
    assert (done.returncode, done.stdout, error) == (code, "", f"cnncli: {message}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("saliency --filter 2", "--filter: of which layer? give --layer, too"),
        (
            "saliency --class cat --layer conv2",
            "--class and --layer: only one is explained; leave one out",
        ),
        ("saliency --layer conv2 --filter 70", "--filter 70: conv2 has 70 filters; give 0 to 69"),
        ("saliency --sort norm", "--sort is not for --method saliency; leave it out"),
        ("eigencam --class cat", "--class is not for --method eigencam; leave it out"),
        ("gradcam --overlay", "--overlay is not for --method gradcam; leave it out"),
        ("gradcam --filter 1", "--filter is not for --method gradcam; leave it out"),
        (
            "gradcam --class ctat",
            "'ctat' is none of the classes; did you mean cat? there are cat, dog",
        ),
        (
            "gradcam --layer dense1",
            "no layer 'dense1' with maps over the image; there is conv1, relu1, maxpool1, conv2, "
            "relu2",
        ),
        (
            "smoothgrad(samples=0)",
            "--method smoothgrad: samples is '0'; expected a whole number of 1 or more",
        ),
        (
            "smoothgrad(sample=3)",
            "--method smoothgrad has no setting 'sample'; did you mean samples?",
        ),
    ],
)
def test_what_a_map_over_the_image_does_not_take_is_refused(
    inspect_here, tmp_path, arguments, message
):
    output = str(tmp_path / "map.png")
    done = inspect_here(
        "model.npz", "--image", "image.png", "-o", output, "--method", *arguments.split()
    )

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"cnncli: {message}\n")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_model_is_refused(inspect_here):
    done = inspect_here("image.png")

    assert done.returncode == 5
    assert done.stderr.startswith("cnncli: image.png: ")
    assert done.stderr.count("\n") == 1


def test_nothing_is_left_where_the_work_fails(inspect_here, tmp_path):
    inspect_here("model.npz", "--layer", "none", "-o", str(tmp_path / "out.png"))

    assert list(tmp_path.iterdir()) == []
