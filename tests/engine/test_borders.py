from cnncli.engine.borders import reflect_indices


def test_reflection_goes_on_however_far_it_is_asked_for():
    assert reflect_indices(-2, 8, 4).tolist() == [2, 1, 0, 1, 2, 3, 2, 1]
    assert reflect_indices(-5, 9, 2).tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1]
    assert reflect_indices(-2, 4, 1).tolist() == [0, 0, 0, 0]
