"""Faults in how the text of a network is read."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "a-bar-binds-tighter-than-arrows": Fault(
        "cnncli/notation/grammar.py",
        "(Stack, Sequence, Sum, Product)",
        "(Sequence, Stack, Sum, Product)",
        ("tests/notation/test_grammar.py",),
    ),
    "repetitions-of-repetitions-add-up": Fault(
        "cnncli/notation/expression.py",
        "Repeat(count * body.count, body.body)",
        "Repeat(count + body.count, body.body)",
        ("tests/notation/test_expression.py::test_the_canonical_text_is_short",),
    ),
    "a-repeated-product-is-written-without-parentheses": Fault(
        "cnncli/notation/expression.py",
        "wrap(self.body, self.tightness + 1)",
        "wrap(self.body, self.tightness)",
        ("tests/notation/test_expression.py::test_the_canonical_text_is_short",),
    ),
}
