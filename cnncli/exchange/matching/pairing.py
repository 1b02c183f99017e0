"""Which module's arrays each layer has: the one pairing that fits, or a list of what does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from cnncli.errors import ArchitectureError
from cnncli.exchange.matching.groups import (
    Groups,
    Pairs,
    all_fit,
    describe,
    fits,
    measure,
    sort_by_kind,
)
from cnncli.exchange.matching.module_order import sort_modules


def choose_pairs(layers: Groups, modules: Groups, *, ordered: bool) -> Pairs:
    """Return the one pairing that fits; raise ArchitectureError where there is none, or several.

    `ordered` says that modules stand in the order in which they were made.
    """
    if layers.keys() <= modules.keys():
        pairs = {layer: layer for layer in layers}
        _refuse_misfits(layers, modules, pairs)
        return pairs
    orders = sort_modules(modules)
    if ordered:
        orders.append(list(modules))
    pairings = [pairing for order in orders if (pairing := _pair_in_order(layers, modules, order))]
    if not pairings:
        return _pair_by_shape(layers, modules, orders)
    first, *others = pairings
    for other in others:
        _refuse_disagreement(first, other)
    return first


def _pair_in_order(layers: Groups, modules: Groups, order: Sequence[str]) -> Pairs | None:
    """Return the pairing of layers and modules that both stand in order; None where one misfits."""
    if len(layers) != len(modules):
        return None
    sorted_layers, sorted_modules = sort_by_kind(layers, [*layers]), sort_by_kind(modules, order)
    pairs = dict(zip(sorted_layers, sorted_modules, strict=True))
    return pairs if all_fit(layers, modules, pairs) else None


def _pair_by_shape(layers: Groups, modules: Groups, orders: Sequence[list[str]]) -> Pairs:
    """Return the pairing of layers and modules of equal shapes, those by their numbers.

    Raises ArchitectureError where there is none, or no number says which of two it is.
    """
    by_number = sorted(modules, key=_split_name)
    if len(layers) == len(modules):
        sorted_layers = sorted(layers, key=lambda name: measure(layers[name]))
        sorted_modules = sorted(by_number, key=lambda name: measure(modules[name]))
        pairs = dict(zip(sorted_layers, sorted_modules, strict=True))
        if all_fit(layers, modules, pairs):
            _refuse_unnumbered(layers, pairs)
            return pairs
    raise _find_misfits(layers, modules, orders[0] if orders else by_number)


def _refuse_misfits(layers: Groups, modules: Groups, pairs: Pairs) -> None:
    """Raise ArchitectureError where layers and modules of the same names are unlike."""
    unlike = [
        f"{layer} takes {describe(layers[layer])}; the file has {describe(modules[module])}"
        for layer, module in pairs.items()
        if not fits(modules[module], layers[layer])
    ]
    left_over = [_word_left_over(modules, name) for name in modules if name not in layers]
    if unlike or left_over:
        raise _word_misfits(unlike + left_over)


def _find_misfits(layers: Groups, modules: Groups, order: Sequence[str]) -> ArchitectureError:
    """Return the error that names what has no counterpart, layers and modules taken in order."""
    sorted_layers, sorted_modules = sort_by_kind(layers, [*layers]), sort_by_kind(modules, order)
    matcher = SequenceMatcher(
        None,
        [measure(layers[name]) for name in sorted_layers],
        [measure(modules[name]) for name in sorted_modules],
        autojunk=False,
    )
    details: list[str] = []
    for verb, start, end, first, last in matcher.get_opcodes():
        if verb != "equal":
            details += [
                f"layer {name} {describe(layers[name])}: nothing in the file fits"
                for name in sorted_layers[start:end]
            ]
            details += [_word_left_over(modules, name) for name in sorted_modules[first:last]]
    return _word_misfits(details or ["sizes agree, but shapes do not"])


def _word_left_over(modules: Groups, name: str) -> str:
    return f"{name} {describe(modules[name])}: left over"


def _word_misfits(details: list[str]) -> ArchitectureError:
    more = f" (and {len(details) - 1} more, as listed)" if len(details) > 1 else ""
    return ArchitectureError(
        f"the weights in the file are not those of the architecture: {details[0]}{more}; "
        "give the architecture they were trained in",
        details=details if more else (),
    )


def _refuse_unnumbered(layers: Groups, pairs: Pairs) -> None:
    """Raise ArchitectureError for modules of equal shapes that no number puts in order."""
    details = [
        f"{pairs[layer]} and {pairs[following]}, both {describe(layers[layer])}: "
        f"which is {layer}, which {following}?"
        for layer, following in pairwise(pairs)
        if measure(layers[layer]) == measure(layers[following])
        and not _are_numbered(pairs[layer], pairs[following])
    ]
    if details:
        raise ArchitectureError(
            f"{len(details)} pairs of arrays could be taken for one another, as listed; "
            "name them as the layers are called (conv1.weight), or take a .pth file, which keeps "
            "their order",
            details=details,
        )


def _refuse_disagreement(pairs: Pairs, others: Pairs) -> None:
    """Raise ArchitectureError where two orders, both of which fit, are not the same."""
    details = [
        f"{layer}: {module} by the names, {others[layer]} by the order in the file"
        for layer, module in pairs.items()
        if module != others[layer]
    ]
    if details:
        raise ArchitectureError(
            f"the order of arrays in the file is not that of their names for {len(details)} "
            "layers, as listed; name them as the layers are called (conv1.weight)",
            details=details,
        )


def _split_name(name: str) -> list[tuple[int, int, str]]:
    """Return what a name is sorted by, so that conv10 comes behind conv9."""
    pieces = re.findall(r"([0-9]{1,18})|([^0-9]+)", name)
    return [(0, int(number), "") if number else (1, 0, word) for number, word in pieces]


def _are_numbered(name: str, other: str) -> bool:
    """Say whether names first differ in a number."""
    pairs = zip(name.split("."), other.split("."), strict=False)
    first = next((pair for pair in pairs if pair[0] != pair[1]), ("", "x"))
    bare = [word.rstrip("0123456789") for word in first]
    return bare[0] == bare[1] and first[0] != bare[0] and first[1] != bare[1]
