import sys

import pytest

from cnncli.errors import UsageError


def test_a_missing_library_is_named_with_the_extra_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "cnncli.exchange.onnx_library", raising=False)
    with pytest.raises(UsageError, match=r'pip install "cnncli\[onnx\]"'):
        import cnncli.exchange.onnx_library  # noqa: F401
