import pytest

from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.views.shape_table import write_csv, write_markdown, write_table
from cnncli.views.shapes import report_shapes


def report(text, shape=(8, 8, 4), *, explained=False):
    return report_shapes(build_graph(parse(text), shape), 64, 1, explained=explained)


def test_a_table_ends_with_totals_and_what_is_lost():
    lines = list(write_table(report("conv(4, 3) >> maxpool(4)", (9, 9, 1))))
    assert lines[2].split() == [
        "name",
        "layer",
        "output",
        "params",
        "MACs",
        "field",
        "jump",
        "lost",
    ]
    assert lines[3].split()[-5:] == ["40", "1,764", "3", "1", "0"]
    assert lines[-1] == "maxpool1: 3 rows and 3 columns of its 7x7 input are never used"


def test_a_signal_has_samples_in_place_of_rows_and_columns():
    lines = list(write_table(report("conv(4, 3, 2)", (10, 1))))
    assert lines[3].split()[-3:] == ["3", "2", "1"]
    assert lines[-1] == "conv1: 1 sample of its 10 input is never used"


def test_formulas_follow_the_table_under_the_layer_they_explain():
    lines = list(write_table(report("conv(6, 5) >> relu", (32, 32, 3), explained=True)))
    place = lines.index("conv1  conv(6, 5)  32x32x3 -> 28x28x6")
    assert lines[place + 1] == "    P = (32 - 5 + 2*0)/1 + 1 = 28"
    assert not any(line.startswith("relu1  relu  32") for line in lines)


def test_csv_has_a_header_and_a_line_for_each_layer():
    (text,) = write_csv(report("conv(4, 3) >> relu", (9, 9, 1)))
    header, conv, relu = text.split("\n")
    assert header.startswith("name,kind,layer,input,output,params,macs")
    assert conv == 'conv1,conv,"conv(4, 3)",9x9x1,7x7x4,40,1764,3x3,1x1,0x0'
    assert relu.startswith("relu1,relu,relu,7x7x4")


def test_markdown_has_the_totals_last():
    *_, last = write_markdown(report("conv(4, 3) >> relu", (9, 9, 1)))
    assert last == "| total | | | 40 | 1,764 | | | |"


def test_branches_say_whose_output_they_read():
    lines = list(write_table(report("relu >> (conv(4, 3, pad=1) | maxpool(3, 1, 1) >> relu)")))
    assert lines[2].endswith("  reads")
    reads = {line.split()[0]: line.split("  ")[-1] for line in lines[3:8]}
    assert reads["maxpool1"] == "relu1"
    assert reads["stack1"] == "conv1, relu2"
    assert not lines[4].endswith("relu1")  # conv1 reads the line above


@pytest.mark.parametrize("text", ["conv(4, 3) >> relu", "2 * (relu >> maxpool) >> dense(3)"])
def test_a_chain_has_no_such_column(text):
    assert "reads" not in " ".join(write_table(report(text)))
    assert "reads" not in " ".join(write_markdown(report(text)))


def test_markdown_keeps_its_columns_even():
    lines = list(write_markdown(report("conv(4, 3, pad=1) + id")))
    assert len({line.count("|") for line in lines}) == 1
