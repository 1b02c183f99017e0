import pytest

from cnncli.render.diagram import Box, Diagram, Fork, Repeated, Series


def box(name, shape=(8, 8, 4), family="conv", lines=None):
    return Box(name, family, lines or (f"{name} 3x3",), shape, f"{name}(3)")


def chain(*names, shape=(8, 8, 4)):
    return Series(tuple(box(name, shape) for name in names))


ID = Series(())
ADD = box("add1", (8, 8, 4), "add", ("add", "relu"))


@pytest.fixture
def inception():
    """Four branches of one and two boxes, stacked."""
    stack = Box("stack1", "stack", ("stack",), (8, 8, 16), "stack", (4, 4, 4, 4))
    branches = (chain("a"), chain("b", "c"), chain("d", "e"), chain("f", "g"))
    return Diagram("inception", "a note", Series((box("input"), Fork(branches, stack), box("end"))))


@pytest.fixture
def residual():
    """A repeated residual block, and one with a box in its shortcut."""
    block = Fork((chain("a", "b"), ID), ADD)
    wide = Fork((chain("d", "e"), chain("f")), box("add2", (8, 8, 4), "add", ("add",)))
    parts = (box("input"), Repeated(3, Series((block,)), "4x4x4"), wide, box("end", (10,), "dense"))
    return Diagram("residual", "", Series(parts))


@pytest.fixture
def unet():
    """Two levels, each behind a skip."""
    low = Series((box("pool2", (2, 2, 4), "pool"), box("up2", (4, 4, 4), "enlarge")))
    stack2 = Box("stack2", "stack", ("stack",), (4, 4, 8), "stack", (4, 4))
    middle = Series((box("pool1", (4, 4, 4), "pool"), Fork((ID, low), stack2), box("up1")))
    stack1 = Box("stack1", "stack", ("stack",), (8, 8, 8), "stack", (4, 4))
    return Diagram("unet", "", Series((box("input"), Fork((ID, middle), stack1), box("end"))))


@pytest.fixture(params=["inception", "residual", "unet", "long"])
def diagram(request):
    """Each of them in turn, and one so long that it takes several rows."""
    if request.param == "long":
        return Diagram("long", "", chain(*(f"conv{i}" for i in range(40))))
    return request.getfixturevalue(request.param)
