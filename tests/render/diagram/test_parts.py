from cnncli.render.diagram.parts import list_boxes, list_edges


def test_boxes_come_behind_those_they_follow(unet):
    names = [box.name for box in list_boxes(unet.body)]
    assert names == ["input", "pool1", "pool2", "up2", "stack2", "up1", "stack1", "end"]


def test_a_branch_of_nothing_leads_from_the_fork_to_the_junction(unet):
    assert set(list_edges(unet.body)) == {
        ("input", "stack1"),
        ("input", "pool1"),
        ("pool1", "stack2"),
        ("pool1", "pool2"),
        ("pool2", "up2"),
        ("up2", "stack2"),
        ("stack2", "up1"),
        ("up1", "stack1"),
        ("stack1", "end"),
    }


def test_lines_lead_into_what_is_repeated_and_out_of_it(residual):
    found = list(list_edges(residual.body))
    assert ("input", "a") in found and ("input", "add1") in found
    assert ("add1", "d") in found and ("add1", "f") in found
    assert ("add2", "end") in found
    assert len(found) == len(set(found))
