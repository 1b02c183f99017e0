"""What the pickles in PyTorch's files say, found without running anything.

A pickle is a program for a stack machine. Here a closed list of its instructions is interpreted on
plain values, and of all names it may call it knows those of PyTorch's tensors, their storages and
OrderedDict; what these make are the records below. Everything else is refused by its name. The
instructions: pickletools.py of Python. The names: torch/_utils.py and torch/serialization.py.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import IO, Any

from cnncli.errors import ModelFileError
from cnncli.value import Value

MAX_BYTES = 2**24  # of a text
MAX_NAME = 256  # bytes of the name of a module, or in it
STORAGES = {
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16", "LongStorage": "int64", "IntStorage": "int32",
    "ShortStorage": "int16", "CharStorage": "int8", "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip


class Name(Value):
    """The name of something that a program would import."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Storage(Value):
    """Numbers in a row, which tensors look into."""

    key: str
    kind: str  # of its numbers, as in NUMBERS
    count: int
    start: int = 0  # of a part of another storage, in numbers


class Tensor(Value):
    """A view into a storage, in numbers of it."""

    storage: Storage
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def interpret(stream: IO[bytes]) -> tuple[Any, dict[str, Storage]]:
    """Return what the pickle that comes next in a file makes, and the storages it refers to.

    It is made of dicts, lists, tuples, texts, numbers and the records of this module. Raises
    ModelFileError.
    """
    machine = _Machine(stream)
    return machine.run(), machine.storages


class _Machine:
    """The stack, the marks on it and the memory of a program."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memory: dict[int, Any] = {}
        self.storages: dict[str, Storage] = {}  # by their keys, each as a whole

    def run(self) -> Any:
        """Return what is on the stack at the end."""
        while (code := self.read(1)) != b".":
            instruction = INSTRUCTIONS.get(code)
            if instruction is None:
                raise ModelFileError(
                    f"its pickle has the instruction 0x{code.hex()}, which no weights need; "
                    "save the state_dict alone"
                )
            instruction(self)
        return self.pop()

    def read(self, count: int) -> bytes:
        """Return the next bytes of the program."""
        data = self.stream.read(count) if count <= MAX_BYTES else b""
        if len(data) != count:
            raise ModelFileError("its pickle is truncated or damaged")
        return data

    def read_number(self, form: str) -> Any:
        """Return a number of the program, in a form of `struct`."""
        (number,) = struct.unpack(form, self.read(struct.calcsize(form)))
        return number

    def read_text(self, form: str) -> None:
        """Push a text whose length comes first."""
        self.push(self.read(self.read_number(form)).decode("utf-8", "replace"))

    def read_line(self) -> str:
        """Return a name that ends with its line."""
        line = self.stream.readline(MAX_NAME)
        if not line.endswith(b"\n"):
            raise ModelFileError("its pickle is truncated or damaged")
        return line[:-1].decode("utf-8", "replace")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        """Return what is on top, which no mark lies on."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise ModelFileError("its pickle is damaged: it takes what is not there")
        return self.stack.pop()

    def pop_last(self, count: int) -> tuple[Any, ...]:
        """Return so many from the top, the lowest first."""
        return tuple(self.pop() for _ in range(count))[::-1]

    def pop_marked(self) -> list[Any]:
        """Return all above the last mark, and take that away."""
        if not self.marks:
            raise ModelFileError("its pickle is damaged: a mark is missing")
        mark = self.marks.pop()
        values = self.stack[mark:]
        del self.stack[mark:]
        return values

    def get(self, number: int) -> None:
        """Push what was put into the memory."""
        if number not in self.memory:
            raise ModelFileError("its pickle is damaged: it takes what is not there")
        self.push(self.memory[number])

    def put(self, number: int) -> None:
        """Keep what is on top."""
        self.push(value := self.pop())
        self.memory[number] = value

    def append(self, values: list[Any]) -> None:
        """Add values to the list on top."""
        self.push(target := self.pop())
        if type(target) is not list:
            raise ModelFileError("its pickle is damaged: it appends to what is no list")
        target.extend(values)

    def set_items(self, values: list[Any]) -> None:
        """Add keys and values, in turn, to the dict on top."""
        self.push(target := self.pop())
        keys = values[::2]
        if type(target) is not dict or len(values) % 2 or not all(map(_is_key, keys)):
            raise ModelFileError("its pickle is damaged: it sets items of what has none")
        target.update(zip(keys, values[1::2], strict=True))

    def build(self) -> None:
        """Drop the attributes of what is on top: a dict of tensors has versions of modules."""
        attributes, target = self.pop(), self.pop()
        if type(target) is not dict or type(attributes) is not dict:
            raise ModelFileError("its pickle gives attributes to what is no dict of tensors")
        self.push(target)

    def find_name(self, module: Any, name: Any) -> None:
        """Push a name that is known; refuse every other one."""
        full = Name(str(module), str(name))
        if full not in CALLS and _find_storage_kind(full) is None:
            raise ModelFileError(
                f"its pickle would import {str(full)[:MAX_NAME]!a}, which is not done; "
                "save the state_dict alone"
            )
        self.push(full)

    def call(self) -> None:
        """Push what a known name makes of the arguments on top."""
        arguments, name = self.pop(), self.pop()
        call = CALLS.get(name) if isinstance(name, Name) else None
        if call is None or type(arguments) is not tuple:
            raise ModelFileError("its pickle calls what is no function")
        self.push(call(*arguments[:4]))

    def find_storage(self) -> None:
        """Push the storage that a persistent id stands for.

        The id is ("storage", type, key, device, count), in older files with a part of it behind:
        None, or its key, its start and its count.
        """
        match self.pop():
            case ("storage", Name() as name, str(key), str(), int(count), *part):
                pass
            case _:
                raise ModelFileError("its pickle refers to something else than a storage")
        kind = _find_storage_kind(name)
        whole = Storage(key, kind or "", count)
        if kind is None or count < 0 or self.storages.setdefault(key, whole) != whole:
            raise ModelFileError("its pickle refers to a storage of no known kind or size")
        match part:
            case [] | [None]:
                self.push(whole)
            case [(_, int(start), int(length))] if 0 <= start <= start + length <= count:
                self.push(Storage(key, kind, count, start))
            case _:
                raise ModelFileError("its pickle refers to a part of a storage that is not there")


def _is_key(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _find_storage_kind(name: Name) -> str | None:
    """Return the kind of numbers in a storage of this name; None for anything else."""
    return STORAGES.get(name.name) if name.module in ("torch", "torch.cuda") else None


def _make_dict(*pairs: Any) -> dict[Any, Any]:
    """Return the dict that stands for an OrderedDict, empty or of pairs in a list."""
    match pairs:
        case ():
            return {}
        case (list(items),) if all(
            isinstance(item, (list, tuple)) and len(item) == 2 and _is_key(item[0])
            for item in items
        ):
            return dict(items)
    raise ModelFileError("its pickle makes an OrderedDict of what are no pairs")


def _make_tensor(*arguments: Any) -> Tensor:
    match arguments:
        case (Storage() as storage, int(start), tuple(shape), tuple(strides)) if len(shape) == len(
            strides
        ) <= 8 and all(
            type(size) is int and 0 <= size < 2**48 for size in (start, *shape, *strides)
        ):
            return Tensor(storage, storage.start + start, shape, strides)
    raise ModelFileError("its pickle makes a tensor of what is none")


def _make_parameter(*arguments: Any) -> Tensor:
    match arguments:
        case (Tensor() as tensor, *_):
            return tensor
    raise ModelFileError("its pickle makes a parameter of what is no tensor")


CALLS: dict[Name, Callable[..., Any]] = {
    Name("collections", "OrderedDict"): _make_dict,
    Name("torch._utils", "_rebuild_tensor"): _make_tensor,
    Name("torch._utils", "_rebuild_tensor_v2"): _make_tensor,  # whose hooks come behind
    Name("torch._utils", "_rebuild_parameter"): _make_parameter,
}

Instruction = Callable[[_Machine], object]
INSTRUCTIONS: dict[bytes, Instruction] = {
    b"\x80": lambda machine: machine.read(1),  # version
    b"\x95": lambda machine: machine.read(8),  # length of a frame
    b"N": lambda machine: machine.push(None),
    b"\x88": lambda machine: machine.push(True),
    b"\x89": lambda machine: machine.push(False),
    b"K": lambda machine: machine.push(machine.read_number("<B")),
    b"M": lambda machine: machine.push(machine.read_number("<H")),
    b"J": lambda machine: machine.push(machine.read_number("<i")),
    b"\x8a": lambda machine: machine.push(
        int.from_bytes(machine.read(machine.read_number("<B")), "little", signed=True)
    ),
    b"G": lambda machine: machine.push(machine.read_number(">d")),
    b"X": lambda machine: machine.read_text("<I"),
    b"\x8c": lambda machine: machine.read_text("<B"),
    b"\x8d": lambda machine: machine.read_text("<Q"),
    b"U": lambda machine: machine.read_text("<B"),  # by Python 2
    b"T": lambda machine: machine.read_text("<I"),
    b"}": lambda machine: machine.push({}),
    b"]": lambda machine: machine.push([]),
    b")": lambda machine: machine.push(()),
    b"(": lambda machine: machine.marks.append(len(machine.stack)),
    b"t": lambda machine: machine.push(tuple(machine.pop_marked())),
    b"\x85": lambda machine: machine.push(machine.pop_last(1)),
    b"\x86": lambda machine: machine.push(machine.pop_last(2)),
    b"\x87": lambda machine: machine.push(machine.pop_last(3)),
    b"a": lambda machine: machine.append([machine.pop()]),
    b"e": lambda machine: machine.append(machine.pop_marked()),
    b"s": lambda machine: machine.set_items(list(machine.pop_last(2))),
    b"u": lambda machine: machine.set_items(machine.pop_marked()),
    b"q": lambda machine: machine.put(machine.read_number("<B")),
    b"r": lambda machine: machine.put(machine.read_number("<I")),
    b"\x94": lambda machine: machine.put(len(machine.memory)),
    b"h": lambda machine: machine.get(machine.read_number("<B")),
    b"j": lambda machine: machine.get(machine.read_number("<I")),
    b"c": lambda machine: machine.find_name(machine.read_line(), machine.read_line()),
    b"\x93": lambda machine: machine.find_name(*machine.pop_last(2)),
    b"R": lambda machine: machine.call(),
    b"b": lambda machine: machine.build(),
    b"Q": lambda machine: machine.find_storage(),
}
