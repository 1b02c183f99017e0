import pytest
from model_forge import make_manifest, make_members, make_model

from cnncli.model_file import save_model


@pytest.fixture
def model():
    return make_model()


@pytest.fixture
def path(tmp_path, model):
    path = tmp_path / "model.npz"
    save_model(path, model)
    return path


@pytest.fixture
def stored(path):
    return path.read_bytes()


@pytest.fixture
def manifest(model):
    return make_manifest(model)


@pytest.fixture
def members(model):
    return make_members(model)
