from cnncli.presets import get
from cnncli.presets.comments import read_comments, read_recipe


def test_comments_give_the_input_and_the_classes_of_a_text():
    assert read_comments(get("lenet5").text) == ((32, 32, 1), 10)
    assert read_comments("# input: 100x2\nrelu") == ((100, 2), None)


def test_what_is_no_comment_of_its_own_or_no_number_gives_nothing():
    assert read_comments("relu # input: 9x9x1") == (None, None)
    assert read_comments("# input: 0x3\nrelu") == (None, None)
    assert read_comments("# classes: x\nrelu") == (None, None)


def test_the_options_of_a_training_are_words_of_a_shell():
    text = "# train: --optimizer 'adam(0.9, 0.98)' -b 64\nrelu\n# train: --lr 0.1"
    assert read_recipe(text) == ["--optimizer", "adam(0.9, 0.98)", "-b", "64", "--lr", "0.1"]
    assert read_recipe("relu # train: --lr 0.1") == []
