"""What frozen dataclasses are, sooner: `dataclasses` compiles six methods for each of them anew."""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from typing import dataclass_transform
else:

    def dataclass_transform(**_):  # new in Python 3.11
        return lambda cls: cls


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Value:
    """A frozen dataclass, equal to another of its class with equal fields.

    Subclasses declare the fields; `fields`, `replace` and `asdict` of `dataclasses` know them.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    __match_args__: ClassVar[tuple[str, ...]]
    _defaults: ClassVar[dict[str, Any]]

    def __init_subclass__(cls) -> None:
        """Find the fields."""
        dataclass(init=False, repr=False, eq=False)(cls)
        cls._defaults = {one.name: one.default for one in fields(cls) if one.default is not MISSING}

    def __init__(self, *values: Any, **named: Any) -> None:
        names = self.__match_args__
        given = {**dict(zip(names, values, strict=False)), **named}
        own = {**self._defaults, **given}
        if len(given) < len(values) + len(named) or own.keys() != set(names):
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}, each once")
        vars(self).update(own)

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple([getattr(self, name) for name in self.__match_args__]))

    def __repr__(self) -> str:
        told = [f"{name}={getattr(self, name)!r}" for name in self.__match_args__]
        return f"{type(self).__name__}({', '.join(told)})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")
