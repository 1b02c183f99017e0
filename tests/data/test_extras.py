from __future__ import annotations

import json

import pytest

from cnncli.data.extras import import_extra
from cnncli.data.unreadable import RefusedError


def test_a_library_that_is_installed_is_returned() -> None:
    assert import_extra("json", "none") is json


def test_a_library_that_is_not_installed_is_named_with_its_extra() -> None:
    with pytest.raises(RefusedError) as caught:
        import_extra("absent_library.inner", "rare")
    assert str(caught.value) == 'only absent_library reads it: pip install "cnncli[rare]"'
    assert caught.value.remedy == "install that or convert it"
