"""The pickle in a file of weights, followed without making anything of it.

`weights_only=True` runs no foreign code, but lets a few hundred bytes count for ever (the hash of tuples that share
their halves) or take all memory (`bytearray(2**30)`). So nothing passes but what `torch.save` writes of a state dict:
the kind of each value is followed, and kinds come together only as they do there.

>>> import pickle
>>> check_pickle(pickle.dumps({"weights": {"version": 1}}, 2))
>>> check_pickle(pickle.dumps({(1, 2): 3}, 2))
Traceback (most recent call last):
ValueError: expected a dict of tensors, found SETITEM at byte 14 of its pickle
"""

from __future__ import annotations

import pickletools
from typing import Any

_MOST_BYTES = 1 << 20
"""Of a tensor some 90 bytes are in the pickle; what a pickle makes can take 80 times the memory that it does."""

_TEXT, _NUMBER, _NUMBERS, _FLAG, _DICT = "text", "number", "numbers", "flag", "dict"
_STORAGE, _TENSOR, _STORAGE_ID, _TENSOR_PARTS = "storage", "tensor", "storage id", "tensor parts"
_STORAGE_TYPE, _DICT_TYPE, _TENSOR_MAKER = "storage type", "dict type", "tensor maker"

_PUSHED = {
    "BINUNICODE": _TEXT,
    "BININT": _NUMBER,
    "BININT1": _NUMBER,
    "BININT2": _NUMBER,
    "NEWFALSE": _FLAG,
    "EMPTY_DICT": _DICT,
    "EMPTY_TUPLE": _NUMBERS,
}
_GLOBALS = {
    "collections OrderedDict": _DICT_TYPE,
    "torch._utils _rebuild_tensor_v2": _TENSOR_MAKER,
    "torch DoubleStorage": _STORAGE_TYPE,
    "torch FloatStorage": _STORAGE_TYPE,
}
_TUPLES = {
    (_TEXT, _STORAGE_TYPE, _TEXT, _TEXT, _NUMBER): _STORAGE_ID,
    (_STORAGE, _NUMBER, _NUMBERS, _NUMBERS, _FLAG, _DICT): _TENSOR_PARTS,
}
_TAKEN = {"BINPERSID": 1, "REDUCE": 2, "BUILD": 2, "SETITEM": 3, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_MADE = {
    ("BINPERSID", _STORAGE_ID): _STORAGE,
    ("REDUCE", _DICT_TYPE, _NUMBERS): _DICT,
    ("REDUCE", _TENSOR_MAKER, _TENSOR_PARTS): _TENSOR,
    ("BUILD", _DICT, _DICT): _DICT,
    ("SETITEM", _DICT, _TEXT, _TENSOR): _DICT,
    # What a module says of itself beside its weights.
    ("SETITEM", _DICT, _TEXT, _DICT): _DICT,
    ("SETITEM", _DICT, _TEXT, _NUMBER): _DICT,
}


def check_pickle(content: bytes) -> None:
    """Raise `ValueError` unless this is the pickle of a dict of plain tensors."""
    if len(content) > _MOST_BYTES:
        raise ValueError(f"expected a pickle of at most {_MOST_BYTES} bytes, found {len(content)}")
    walk = _Walk()
    for operation, argument, position in pickletools.genops(content):
        if not walk.follow(operation.name, argument):
            raise ValueError(f"expected a dict of tensors, found {operation.name} at byte {position} of its pickle")


class _Walk:
    """The kinds of what an unpickler has on its stack, which marks divide, and in its memo."""

    def __init__(self) -> None:
        self.stacks: list[list[str]] = [[]]
        self.memo: dict[int, str] = {}

    def follow(self, name: str, argument: Any) -> bool:
        """Do as the unpickler will; return False for what a state dict does not need."""
        if name == "PROTO":
            return True
        if name == "STOP":
            return self.stacks == [[_DICT]]
        if name == "MARK":
            self.stacks.append([])
            return True
        if name in ("BINPUT", "LONG_BINPUT"):
            if self.stacks[-1]:
                self.memo[argument] = self.stacks[-1][-1]
            return True
        kind = self._made(name, argument)
        if kind is not None:
            self.stacks[-1].append(kind)
        return kind is not None

    def _made(self, name: str, argument: Any) -> str | None:
        if name in _PUSHED:
            return _PUSHED[name]
        if name == "GLOBAL":
            return _GLOBALS.get(argument)
        if name in ("BINGET", "LONG_BINGET"):
            return self.memo.get(argument)
        if name in ("TUPLE", "SETITEMS"):
            items = tuple(self.stacks.pop()) if len(self.stacks) > 1 else ()
            return _tuple(items) if name == "TUPLE" else self._filled(items)
        taken = self._take(_TAKEN.get(name, 0))
        return _tuple(taken) if name.startswith("TUPLE") else _MADE.get((name, *taken))

    def _take(self, count: int) -> tuple[str, ...]:
        stack = self.stacks[-1]
        first = max(len(stack) - count, 0)
        taken = tuple(stack[first:])
        del stack[first:]
        return taken

    def _filled(self, items: tuple[str, ...]) -> str | None:
        target, names, values = self._take(1), items[::2], items[1::2]
        if target != (_DICT,) or len(names) != len(values):
            return None
        pairs = set(zip(names, values, strict=True))
        return _DICT if all(("SETITEM", _DICT, *pair) in _MADE for pair in pairs) else None


def _tuple(items: tuple[str, ...]) -> str | None:
    return _NUMBERS if set(items) <= {_NUMBER} else _TUPLES.get(items)
