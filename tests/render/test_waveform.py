import numpy as np

from cnncli.render.waveform import HEIGHT, INK, WIDTH, draw_waveform, keep_strongest, stretch


def test_a_column_reaches_from_the_lowest_to_the_highest_of_its_samples():
    signal = np.zeros((2 * WIDTH, 1))
    signal[0], signal[1] = 1, -1
    dark = draw_waveform(signal)[..., 0] == INK
    assert dark.shape == (HEIGHT, WIDTH)
    assert dark[:, 0].all()
    assert dark[:, 1:].sum(0).tolist() == [1] * (WIDTH - 1)


def test_neighbors_are_joined_by_a_line_without_gaps():
    dark = draw_waveform(np.array([[0.0], [1.0], [0.0]]))[..., 0] == INK
    assert dark.sum(axis=0).tolist() == [HEIGHT, HEIGHT, 1]


def test_short_signals_are_stretched_by_straight_lines():
    signal = np.array([[0.0, 4], [2, 0]])
    assert stretch(signal, 5).tolist() == [[0, 4], [0.5, 3], [1, 2], [1.5, 1], [2, 0]]
    assert stretch(signal, 2) is signal


def test_channels_are_bands_on_one_scale():
    signal = np.stack([np.linspace(0, 1, 50), np.linspace(0, 0.5, 50)], axis=1)
    dark = draw_waveform(signal)[..., 0] == INK
    assert dark.shape == (2 * HEIGHT, 50)
    assert dark[0, -1] and dark[HEIGHT - 1, 0] and dark[2 * HEIGHT - 1, 0]
    assert not dark[HEIGHT : HEIGHT + 40].any()


def test_a_silent_signal_is_a_line():
    assert (draw_waveform(np.full((9, 1), 3.0)) == INK).sum() == 9


def test_long_rows_are_shortened_to_their_strongest_values():
    rows = np.array([[1.0, -5, 2, 3, 0, 0, 7, 1, -1, -2]])
    assert keep_strongest(rows, 4).tolist() == [[-5, 3, 7, -2]]
    assert keep_strongest(rows, 10).tolist() == rows.tolist() * 3


def test_short_rows_are_made_high_enough_to_be_seen():
    assert keep_strongest(np.ones((2, 60)), 100).shape == (20, 60)
    assert keep_strongest(np.ones((40, 1)), 100).shape == (40, 1)


def test_a_scale_may_be_given():
    signal = np.array([[-1.0], [1.0]])
    dark = draw_waveform(signal, (-4, 4))[..., 0] == INK
    assert np.nonzero(dark)[0].min() > 30
    assert np.nonzero(dark)[0].max() < 66
