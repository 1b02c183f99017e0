"""Every planted fault is noticed by the tests."""

import pytest
from mutation.faults import FAULTS, ROOMS
from mutation.planting import ROOT, Field


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_can_still_be_planted(name):
    fault = FAULTS[name]
    assert (ROOT / fault.file).read_text(encoding="utf-8").count(fault.right) == 1
    assert fault.right != fault.wrong
    for path in fault.tests:
        assert (ROOT / path.partition("::")[0]).exists()
        assert "against_torch" not in path


def test_no_two_faults_have_the_same_name():
    assert len(FAULTS) == sum(map(len, ROOMS.values()))


@pytest.mark.parametrize("room", ROOMS)
def test_faults_lie_in_the_room_that_they_are_listed_for(room):
    for fault in ROOMS[room].values():
        folders = fault.file.split("/")[:-1]
        assert room in folders[:2] or (room == "modules" and folders == ["cnncli"])


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    return Field(tmp_path_factory.mktemp("mutation"))


@pytest.mark.mutation
def test_without_a_fault_all_those_tests_pass(field):
    assert field.is_sound(FAULTS.values())


@pytest.mark.mutation
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_noticed(field, name):
    assert field.notices(FAULTS[name])
