import csv
import io
import json

import pytest


@pytest.fixture
def shape_calc(run, call):
    """Run the command: in the process of the tests, but by the script where it reads stdin."""

    def shape_calc(*arguments, **settings):
        return (run if settings else call)("shape-calc", *arguments, **settings)

    return shape_calc


@pytest.fixture
def report(shape_calc):
    """Return what the command says in JSON."""

    def report(*arguments):
        done = shape_calc(*arguments, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return report


def test_json_has_the_fields_of_the_contract(report):
    found = report("conv(6, 5) >> maxpool(2)", "--input", "32x32x3")
    assert (found["schema"], found["command"]) == (1, "shape-calc")
    assert found["input"] == [32, 32, 3]
    first, second = found["layers"]
    assert (
        first.items()
        >= {
            "name": "conv1",
            "kind": "conv",
            "input": [32, 32, 3],
            "output": [28, 28, 6],
            "params": 456,
            "macs": 352800,
            "receptive_field": [5, 5],
            "jump": [1, 1],
            "lost": [0, 0],
        }.items()
    )
    assert (second["name"], second["output"], second["inputs"]) == (
        "maxpool1",
        [14, 14, 6],
        ["conv1"],
    )
    assert set(found["total"]) == {
        "params",
        "macs",
        "flops",
        "weights_bytes",
        "train_bytes",
        "predict_bytes",
    }
    assert found["count"] == "MACs of conv and dense layers; 1 MAC = 2 FLOPs"


def test_totals_add_the_layers_up(report):
    found = report("lenet5")
    total = found["total"]
    assert total["params"] == sum(layer["params"] for layer in found["layers"]) == 61_706
    assert total["macs"] == sum(layer["macs"] for layer in found["layers"]) == 416_520
    assert total["flops"] == 2 * 416_520
    assert total["weights_bytes"] == 4 * 61_706


def test_weights_bytes_count_running_statistics(report):
    found = report("conv(8, 1, bias=no) >> bn", "--input", "4x4x2")
    assert found["total"]["params"] == 16 + 16
    assert found["total"]["weights_bytes"] == 4 * (16 + 32)


def test_memory_is_that_of_the_plan_and_grows_with_the_batch(report):
    from cnncli.engine import count_memory_bytes
    from cnncli.graph import build_graph
    from cnncli.layers.base import Setup
    from cnncli.notation import parse

    graph = build_graph(parse("conv(6, 5) >> relu >> dense(3)"), (12, 12, 1))
    small, large = (
        report(graph.text, "--input", "12x12x1", "-j", "1", "-b", batch)["total"]
        for batch in ("2", "32")
    )
    assert small["train_bytes"] == count_memory_bytes(graph, Setup(2, 1, "train"))
    assert small["predict_bytes"] == count_memory_bytes(graph, Setup(2, 1))
    assert large["train_bytes"] > small["train_bytes"] > small["predict_bytes"]


def test_a_junction_names_all_its_inputs(report):
    found = report("conv(3, 3, pad=1) + id", "--input", "8x8x3")
    assert found["layers"][-1]["inputs"] == ["conv1", "input"]


def test_a_preset_brings_its_input_and_its_classes(report):
    found = report("strided42")
    assert found["input"] == [64, 64, 3]
    assert found["layers"][-1]["output"] == [42]


def test_input_and_classes_of_a_preset_can_be_changed(report):
    found = report("strided42", "--input", "32x32x1", "--classes", "5")
    assert found["input"] == [32, 32, 1]
    assert found["layers"][-1]["output"] == [5]


def test_a_signal_has_a_length_and_channels(report):
    found = report("conv(4, 5, pad=causal)", "--input", "100x2")
    assert (found["layers"][0]["output"], found["layers"][0]["receptive_field"]) == (
        [100, 4],
        [1, 5],
    )


@pytest.mark.parametrize(
    ("size", "meant"), [("28x28", "28x28x1"), ("3x96x64", "96x64x3"), ("100x1", None)]
)
def test_what_a_size_means_is_said_where_it_may_be_an_image(shape_calc, size, meant):
    done = shape_calc("dense(10)", "--input", size)
    assert (done.returncode, meant is None) == (0, done.stderr == "")
    assert (meant or "") in done.stderr
    assert shape_calc("dense(10)", "--input", size, "-q").stderr == ""


def test_the_table_of_a_signal_has_samples_alone(shape_calc):
    lines = shape_calc("conv(6, 5, stride=2)", "--input", "20x1").stdout.splitlines()
    assert lines[3].split()[-3:] == ["5", "2", "1"]
    assert lines[-1] == "conv1: 1 sample of its 20 input is never used"


def test_an_architecture_is_read_from_a_file_or_from_stdin(shape_calc, tmp_path):
    text = "two = conv(4, 3) >> relu\ntwo >> two\n"
    (tmp_path / "mine.cnn").write_text(text)
    from_file = shape_calc(f"@{tmp_path / 'mine.cnn'}", "--input", "9x9x1")
    from_stdin = shape_calc("@-", "--input", "9x9x1", input=text)
    assert from_file.returncode == 0
    assert from_file.stdout == from_stdin.stdout


def test_a_trained_model_brings_its_architecture_and_its_input(report, tmp_path):
    from cnncli.engine import Weights
    from cnncli.graph import build_graph
    from cnncli.model_file import Model, save_model
    from cnncli.notation import parse

    graph = build_graph(parse("conv(4, 3) >> relu >> dense(2)"), (9, 9, 1))
    weights = Weights(graph)
    weights.initialize()
    path = str(tmp_path / "tiny.npz")
    save_model(path, Model(graph.text, (9, 9, 1), {}, ["a", "b"], weights.dump(), {}))
    found = report(path)
    assert (found["arch"], found["input"]) == (graph.text, [9, 9, 1])


def test_the_table_is_aligned_and_ends_in_totals(shape_calc):
    done = shape_calc("lenet5")
    lines = done.stdout.splitlines()
    assert lines[0] == "input 32x32x1"
    table = lines[2:14]
    assert [line.split()[0] for line in table[1:4]] == ["conv1", "tanh1", "avgpool1"]
    assert len({len(line) for line in table}) == 1
    assert lines[15].startswith("params   61,706")
    assert lines[16].startswith("MACs     416,520 per image = 833,040 FLOPs")


def test_lost_rows_and_columns_are_said_in_words(shape_calc):
    done = shape_calc("maxpool(3) >> maxpool(1, 2)", "--input", "7x7x1")
    assert "maxpool1: 1 row and 1 column of its 7x7 input are never used\n" in done.stdout
    assert "maxpool2: 1 row and 1 column of its 2x2 input are never used\n" in done.stdout
    done = shape_calc("conv(1, 3, stride=3)", "--input", "8x9x1")
    assert "conv1: 2 rows of its 8x9 input are never used\n" in done.stdout
    assert "never used" not in shape_calc("maxpool(2)", "--input", "8x8x1").stdout


def test_explain_shows_the_formulas_with_their_numbers(report, shape_calc):
    done = shape_calc("conv(6, 5) >> relu", "--input", "32x32x3", "--explain")
    assert "P = (32 - 5 + 2*0)/1 + 1 = 28\n" in done.stdout
    assert "params = 6*(5*5*3 + 1) = 456\n" in done.stdout
    (conv, relu) = report("conv(6, 5) >> relu", "--input", "32x32x3", "--explain")["layers"]
    assert conv["explanation"][0] == "P = (32 - 5 + 2*0)/1 + 1 = 28"
    assert relu["explanation"] == []


def test_explain_says_what_sharing_weights_saves(report, shape_calc):
    done = shape_calc("lenet5", "--explain")
    assert "weight sharing = 4821600/156 = 30907.7\n" in done.stdout
    assert "sharing  the convolutions learn 2,572, dense layers in their place" in done.stdout
    shared = report("lenet5", "--explain")["shared"]
    assert shared == {"params": 2572, "params_if_dense": 4821600 + 1883200}
    assert "shared" not in report("lenet5")


def test_fix_prints_an_architecture_that_can_be_used_again(shape_calc):
    text = "conv(6, 5) >> relu >> maxpool >> conv(16, 9) >> dense(10)"
    done = shape_calc(text, "--input", "12x12x1", "--fix")
    assert done.returncode == 0
    assert done.stdout == (
        "# input: 12x12x1\nconv(6, 5) >> relu >> maxpool >> conv(16, 9, pad=3) >> dense(10)\n"
    )
    assert done.stderr == (
        "layer 4 conv(16, 9): its window is larger than its 4x4 input; "
        "conv(16, 9) becomes conv(16, 9, pad=3)\n"
    )
    again = shape_calc(done.stdout)
    assert again.returncode == 0 and again.stdout.startswith("input 12x12x1\n")
    assert shape_calc(done.stdout, "--fix").stdout == done.stdout


def test_fix_says_where_nothing_is_to_be_fixed(shape_calc):
    done = shape_calc("relu", "--input", "4x4x1", "--fix")
    assert (done.stdout, done.stderr) == ("# input: 4x4x1\nrelu\n", "it fits as it is\n")
    assert shape_calc("relu", "--input", "4x4x1", "--fix", "-q").stderr == ""


def test_fix_as_json_is_the_report_with_the_changes(shape_calc):
    done = shape_calc("maxpool >> dense(2)", "--input", "7x7x1", "--fix", "--json")
    found = json.loads(done.stdout)
    assert found["arch"] == "maxpool(3, 2) >> dense(2)"
    assert found["changes"] == [
        "layer 1 maxpool: its stride does not fit; maxpool becomes maxpool(3, 2)"
    ]
    assert found["layers"][0]["lost"] == [0, 0]


def test_where_nothing_near_fits_exits_2_with_one_line(shape_calc):
    done = shape_calc("conv(4, 3) * reshape(15x5x1)", "--input", "5x5x3", "--fix")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "cnncli: layer 4 multiply: its branches end as 3x3x4 and 15x5x1, which differ; "
        "nothing near it fits\n"
    )


def test_fix_heeds_the_bounds(shape_calc):
    done = shape_calc("maxpool >> dense(2)", "--input", "7x7x1", "--fix", "--max-params", "3")
    assert done.returncode == 6
    assert done.stdout.endswith("maxpool(3, 2) >> dense(2)\n")


def test_comments_of_a_text_bring_its_input_and_its_classes(report):
    text = "# input: 9x9x1\n# classes: 3\nconv(4, 3) >> dense(classes)"
    found = report(text)
    assert (found["input"], found["layers"][-1]["output"]) == ([9, 9, 1], [3])
    found = report(text, "--input", "5x5x2", "--classes", "7")
    assert (found["input"], found["layers"][-1]["output"]) == ([5, 5, 2], [7])


def test_csv_is_one_record_per_layer(shape_calc):
    done = shape_calc("conv(6, 5) >> relu", "--input", "32x32x3", "--format", "csv")
    conv, relu = csv.DictReader(io.StringIO(done.stdout))
    assert (conv["name"], conv["layer"], conv["output"]) == ("conv1", "conv(6, 5)", "28x28x6")
    assert (conv["params"], relu["params"]) == ("456", "0")
    assert "\r" not in done.stdout


def test_markdown_is_a_table(shape_calc):
    done = shape_calc("conv(6, 5)", "--input", "32x32x3", "--format", "markdown")
    assert done.stdout.splitlines() == [
        "| name | layer | output | params | MACs | field | jump | lost |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |",
        "| conv1 | conv(6, 5) | 28x28x6 | 456 | 352,800 | 5 | 1 | 0 |",
        "| total | | | 456 | 352,800 | | | |",
    ]


def test_format_json_is_json(report, shape_calc):
    done = shape_calc("lenet5", "--format", "json")
    assert json.loads(done.stdout) == report("lenet5")


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        (("--max-params", "61705"), "params are 61,706, above --max-params 61,705"),
        (("--max-macs", "1000"), "macs are 416,520, above --max-macs 1,000"),
        (("--max-memory", "1K"), "above --max-memory 1,024"),
    ],
)
def test_a_bound_that_is_exceeded_exits_6_after_the_result(shape_calc, bound, message):
    done = shape_calc("lenet5", *bound)
    assert done.returncode == 6
    assert done.stdout == shape_calc("lenet5").stdout
    assert message in done.stderr


def test_a_bound_that_is_met_exits_0(shape_calc):
    done = shape_calc(
        "lenet5", "--max-params", "61706", "--max-macs", "416520", "--max-memory", "1G"
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("conv(6,5) >> maxpol(2)", "--input", "9x9x1"), "column 14: no layer is called 'maxpol'"),
        (
            ("maxpool(5)", "--input", "4x9x1"),
            "layer 1 maxpool(5): its window is larger than its 4x9",
        ),
        (("dense(classes)", "--input", "4x9x1"), "give --classes N"),
        (("relu >> tanh",), "--input"),
        (("lenet",), "did you mean lenet5?"),
        (("lenet5", "--json", "--format", "csv"), "--json means --format json, not csv"),
        (("lenet5", "--fix", "--explain"), "--fix prints an architecture; leave out the rest"),
        (("lenet5", "--fix", "--format", "csv"), "--fix prints an architecture"),
        (("lenet5", "--explain", "--format", "markdown"), "--explain is not for --format markdown"),
    ],
)
def test_what_does_not_fit_exits_2_with_one_line(shape_calc, arguments, message):
    done = shape_calc(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
