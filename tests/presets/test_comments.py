from cnncli.presets import get
from cnncli.presets.comments import told


def test_comments_tell_the_input_and_the_classes_of_a_text():
    assert told(get("lenet5").text) == ((32, 32, 1), 10)
    assert told("# input: 100x2\nrelu") == ((100, 2), None)


def test_what_is_no_comment_of_its_own_or_no_number_tells_nothing():
    assert told("relu # input: 9x9x1") == (None, None)
    assert told("# input: 0x3\nrelu") == (None, None)
    assert told("# classes: x\nrelu") == (None, None)
