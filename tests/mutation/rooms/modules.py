"""Faults in the modules that lie in `cnncli/` itself."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "settings-by-position-are-taken-from-behind": Fault(
        "cnncli/settings.py",
        "key = names[position] if name is None else name",
        "key = names[-1 - position] if name is None else name",
        ("tests/notation/test_expansion.py",),
    ),
    "a-setting-is-written-by-position-behind-one-left-out": Fault(
        "cnncli/settings.py",
        "            by_position = False\n            continue\n",
        "            continue\n",
        ("tests/notation/test_expression.py::test_the_canonical_text_is_short",),
    ),
    "the-epoch-is-ignored": Fault(
        "cnncli/randomness.py",
        "for number in (seed, epoch):",
        "for number in (seed,):",
        ("tests/test_randomness.py",),
    ),
    "the-purpose-is-ignored": Fault(
        "cnncli/randomness.py",
        "start = _hash_purpose(purpose)",
        'start = _hash_purpose("")',
        ("tests/test_randomness.py",),
    ),
    "json-has-numbers-that-are-none": Fault(
        "cnncli/plain.py",
        "return None if isinstance(value, float) and not math.isfinite(value) else value",
        "return value",
        ("tests/test_terminal.py",),
    ),
    "terminals-obey-escape-sequences": Fault(
        "cnncli/terminal.py",
        "if character.isprintable() or ord(character) > 0x9F",
        "if character.isprintable() or ord(character) > 0x1A",
        ("tests/test_terminal.py",),
    ),
    "no-color-is-ignored": Fault(
        "cnncli/terminal.py",
        '        and not os.environ.get("NO_COLOR")\n',
        "",
        ("tests/test_terminal.py",),
    ),
}
