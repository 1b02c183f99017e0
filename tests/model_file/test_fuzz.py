"""Random damage: whatever is done to a file, it is refused, or it is the model it was."""

import copy
import random

import pytest
from damage import damage_bytes
from model_forge import forge, make_manifest, make_members, make_model, same

from cnncli.errors import ModelFileError
from cnncli.model_file import load_model

VALUES = (
    *(None, True, False, 0, 1, -1, 3, 2**31, 2**63, 10**30, 0.5, 1e300, -0.0),
    *("", "x", "dense(3)", "conv1/weight", "../../etc/passwd", "float32", "\x1b[2J", "é" * 300),
    *([], {}, [0], [[[]]], {"": None}, ["a", "a", "a"]),
)


def damage_value(chance, value):
    """Change one thing at random inside a JSON value, or replace it."""
    inside = value and isinstance(value, dict | list) and chance.random() < 0.9
    if not inside:
        return damage_text(chance, value)
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = chance.choice(keys)
    match chance.randrange(8):
        case 0:
            del value[key]
        case 1 if isinstance(value, list):
            value.insert(chance.randrange(len(value) + 1), copy.deepcopy(value[key]))
        case 2 if isinstance(value, dict):
            value[str(chance.choice(VALUES))] = copy.deepcopy(value[key])
        case _:
            value[key] = damage_value(chance, value[key])
    return value


def damage_text(chance, value):
    if not isinstance(value, str) or not value or chance.random() < 0.3:
        return copy.deepcopy(chance.choice(VALUES))
    start = chance.randrange(len(value))
    piece = value[start : start + chance.randrange(1, 12)]
    elsewhere = chance.randrange(len(value))
    return chance.choice(
        (
            value.replace(piece, "", 1),
            value[:elsewhere] + piece + value[elsewhere:],
            value[:start] + chance.choice("()>>+|*=,;0123456789xX\n\0é") + value[start + 1 :],
        )
    )


def damage_members(chance, members):
    at = chance.randrange(len(members))
    name, header, data = members[at]
    match chance.randrange(6):
        case 0:
            del members[at]
        case 1:
            members.insert(chance.randrange(len(members) + 1), members[at])
        case 2:
            members[at] = (damage_text(chance, name) or "x", header, data)
        case 3:
            members[at] = (name, damage_bytes(chance, header), data)
        case 4:
            members[at] = (name, header, damage_bytes(chance, data))
        case 5:
            other = chance.randrange(len(members))
            members[at] = (name, *members[other][1:])
            members[other] = (members[other][0], header, data)


def check(path, data, accepts):
    path.unlink()  # quicker than to overwrite it
    path.write_bytes(data)
    try:
        loaded = load_model(path)
    except ModelFileError as error:
        assert str(error).isprintable()
        return
    assert accepts(loaded)


def fuzz_bytes(path, count):
    original, data = make_model(), path.read_bytes()
    chance = random.Random(1)
    for _ in range(count):
        damaged = damage_bytes(chance, data)
        intact = damaged == data
        check(path, damaged, lambda loaded, intact=intact: intact and same(loaded, original))


def fuzz_structure(path, count):
    chance = random.Random(2)
    model = make_model()
    weights = {name: array.tobytes() for name, array in model.weights.items()}
    for _ in range(count):
        manifest, members = copy.deepcopy(make_manifest(model)), make_members(model)
        if chance.random() < 0.7:
            damage_value(chance, manifest)
        else:
            damage_members(chance, members)

        def accepts(loaded):
            return (
                len(loaded.classes) == len(set(loaded.classes)) == 3
                and {name: array.tobytes() for name, array in loaded.weights.items()} == weights
            )

        check(path, forge(manifest, members), accepts)


def test_damaged_bytes_are_never_loaded_as_something_else(path):
    fuzz_bytes(path, 4_000)


def test_changed_structures_are_never_loaded_with_other_weights(path):
    fuzz_structure(path, 3_000)


@pytest.mark.slow
def test_damaged_bytes_are_never_loaded_as_something_else_at_length(path):
    fuzz_bytes(path, 1_000_000)


@pytest.mark.slow
def test_changed_structures_are_never_loaded_with_other_weights_at_length(path):
    fuzz_structure(path, 300_000)


def test_the_fuzzing_makes_files_that_are_refused_for_many_reasons(path):
    chance = random.Random(3)
    reasons = set()
    for _ in range(600):
        manifest, members = copy.deepcopy(make_manifest(make_model())), make_members(make_model())
        damage_value(chance, manifest)
        path.write_bytes(forge(manifest, members))
        try:
            load_model(path)
            reasons.add("none")
        except ModelFileError as error:
            reasons.add(str(error).removeprefix(f"{path}: ")[:24])
    assert len(reasons) > 12
    assert "none" in reasons
