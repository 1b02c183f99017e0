import re
from base64 import b64decode

import pytest

from cnncli.render.kitty import encode_kitty


@pytest.mark.parametrize("size", [1, 3072, 3073, 10000])
def test_a_picture_is_sent_in_commands_of_at_most_4096_characters(size):
    png = bytes(number % 251 for number in range(size))

    commands = re.findall("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\", encode_kitty(png))

    assert b64decode("".join(data for _, data in commands)) == png
    assert all(len(data) <= 4096 for _, data in commands)
    keys = [key for key, _ in commands]
    last = len(keys) - 1
    expected = [f"{'a=T,f=100,' if n == 0 else ''}m={int(n < last)}" for n in range(len(keys))]
    assert keys == expected
