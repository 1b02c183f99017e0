from cnncli.render.diagram import Box, Diagram, Series
from cnncli.render.diagram.dot import write_dot


def test_boxes_lines_and_clusters_are_named(residual):
    lines = [line.strip() for line in write_dot(residual)]
    assert lines[0] == "digraph network {" and lines[-1] == "}"
    assert '"a" [label="a 3x3\\n8x8x4"];' in lines
    assert 'label="x3, then 4x4x4"; style=dashed;' in lines
    assert '"input" -> "add1";' in lines
    assert sum("{" in line for line in lines) == sum("}" in line for line in lines) == 2


def test_quotes_and_backslashes_stay_what_they_are():
    box = Box("a", "conv", ('say "a\\b"',), (4,))
    assert '  "a" [label="say \\"a\\\\b\\"\\n4"];' in write_dot(Diagram("", "", Series((box,))))
