from cnncli.render.diagram import Box, Diagram, Series
from cnncli.render.diagram.mermaid import write_mermaid


def test_boxes_lines_and_groups_are_named(residual):
    lines = [line.strip() for line in write_mermaid(residual)]
    assert lines[0] == "flowchart LR"
    assert 'a["a 3x3<br/>8x8x4"]' in lines
    assert lines.index('subgraph group1["x3, then 4x4x4"]') < lines.index("end")
    assert "input --> add1" in lines


def test_letters_that_mean_something_to_mermaid_are_written_out():
    box = Box("a", "conv", ('"<b>"',), (4,))
    assert '  a["#quot;#lt;b>#quot;<br/>4"]' in write_mermaid(Diagram("", "", Series((box,))))
