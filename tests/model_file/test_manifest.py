import json

import pytest
from model_forge import forge, refused, same, seal

from cnncli.model_file import load_model

NO_SOUND_JSON = {
    "empty": lambda text: b"}",
    "a list": lambda text: b"[1}",
    "no UTF-8": lambda text: text.replace(b"cat", b"c\xff\xfe"),
    "a key twice": lambda text: b'{"arch":"dense(3)",' + text[1:],
    "a key twice inside": lambda text: text.replace(b'"seed"', b'"seed":1,"seed"'),
    "NaN": lambda text: text.replace(b"0.25", b"NaN"),
    "Infinity": lambda text: text.replace(b"0.25", b"-Infinity"),
    "a number too large": lambda text: text.replace(b"0.25", b"1e999"),
    "a whole number too large": lambda text: text.replace(b"0.25", b"1" * 5000),
    "nested deep": lambda text: text.replace(b"0.25", b"[" * 17 + b"]" * 17),
    "nested too deep for Python": lambda text: text.replace(b"0.25", b"[" * 90_000 + b"]" * 90_000),
    "half a pair of surrogates": lambda text: text.replace(b"cat", rb"\ud83d"),
    "an escape in a class name": lambda text: text.replace(b"cat", rb"\u001b[2J"),
    "an escape in a key": lambda text: text.replace(b"seed", rb"se\u0007ed"),
    "a line break in the architecture": lambda text: text.replace(b" >> ", rb"\n>> "),
    "more than a megabyte": lambda text: text[:-1] + b" " * 2**20 + b"}",
    "cut off": lambda text: text[: len(text) // 2] + b"}",
}


@pytest.mark.parametrize("fault", NO_SOUND_JSON)
def test_a_manifest_that_is_not_sound_json_is_refused(path, manifest, members, fault):
    text = json.dumps(manifest, ensure_ascii=False).encode()
    changed = NO_SOUND_JSON[fault](text)
    assert changed != text
    assert "manifest" in refused(path, forge(seal(changed), members))


def test_a_manifest_whose_seal_is_broken_is_refused(path, manifest, members):
    text = json.dumps(manifest).encode()
    sealed = seal(text)
    for broken in (sealed.replace(b"cat", b"cow"), sealed.replace(b"0.25", b"0.75"), text):
        message = refused(path, forge(broken, members))
        assert message.startswith("its manifest does not match its checksum")


ODD = (None, True, 0, -1, 1.5, "", "x", [], {}, [None], [[]], {"a": 1})
FREE = {"requires": ([],), "preprocessing": ({}, {"a": 1}), "training": ({}, {"a": 1})}


@pytest.mark.parametrize(
    "key",
    ["format", "version", "requires", "arch", "input", "classes", "arrays", *list(FREE)[1:]],
)
def test_every_key_is_needed_and_of_its_kind(path, manifest, members, key):
    for value in ODD:
        if not any(value == free for free in FREE.get(key, ())):
            refused(path, forge(manifest | {key: value}, members))
    del manifest[key]
    refused(path, forge(manifest, members))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("arch", "rm(3)", "describes no network that works: column 1"),
        ("arch", "(" * 9999, "describes no network that works"),
        ("arch", "x" * 100_000, "describes no network that works"),
        ("arch", "__import__('os').system('id')", "describes no network that works"),
        ("arch", "999999999 * (999999999 * relu)", "describes no network that works"),
        ("arch", "3300 * (conv(9, 1, stride=7, pad=9) >> upsample(5))", "describes no network"),
        ("arch", "conv(2, 9) >> dense(3)", "describes no network that works: layer 1"),
        ("arch", "dense(3)", "does not list the 2 arrays"),
        ("input", [4, 4, 1, 1], "does not give the size"),
        ("input", [4, 4, True], "does not give the size"),
        ("input", [4, 4, 1.0], "does not give the size"),
        ("input", [4, 4, 10**9], "does not give the size"),
        ("input", [4, 4, 2], "does not list conv1/weight of 2x2x3x3"),
        ("classes", ["a", "b"], "describes no network that works: the network has 3 outputs for 2"),
        ("classes", ["a", "b", "a"], "describes no network that works: two classes are called 'a'"),
        ("classes", ["a", "b", 3], "its manifest has class names that are no text"),
    ],
)
def test_a_manifest_has_to_describe_a_network(path, manifest, members, key, value, message):
    assert message in refused(path, forge(manifest | {key: value}, members))


def test_a_newer_version_names_the_release_that_reads_it(path, manifest, members):
    manifest |= {"version": 2, "release": "0.9.1"}
    assert refused(path, forge(manifest, members)) == (
        "is in format version 2, not 1; install cnncli 0.9.1 or newer"
    )


@pytest.mark.parametrize("release", [None, 7, "9" * 99, "1.0; rm -r"])
def test_a_release_is_only_shown_if_it_is_one(path, manifest, members, release):
    manifest |= {"version": 2, "release": release}
    assert refused(path, forge(manifest, members)).endswith("; install a newer cnncli")


@pytest.mark.parametrize("feature", ["int8", 1, None, ["int8"], {"int8": 1}])
def test_what_a_file_requires_has_to_be_known(path, manifest, members, feature):
    manifest["requires"] = [feature]
    message = "needs what this cnncli cannot do; install cnncli 0.1.0 or newer"
    assert refused(path, forge(manifest, members)) == message


def test_what_a_file_merely_adds_is_left_alone(path, manifest, members, model):
    manifest |= {"license": "MIT", "heads": [1, {"a": None}]}
    manifest["arrays"][0]["layout"] = "KCRS"
    path.write_bytes(forge(manifest, members))
    assert same(load_model(path), model)
