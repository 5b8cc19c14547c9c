"""Answers for tests that are code.

Such a test compares inside the guest, where a class of the program's own may claim to equal
anything. So what the entry point returns to it is plain data as far as the program made the types: a
subclass of a builtin type is taken as its base, and an instance of any other class of the program's
equals nothing. Types of the interpreter and its library are left alone.
"""

import builtins
import types

__builtins__ = dict(vars(builtins))

DEEPEST = 50


class Unreadable:
    """Stands for an instance of a class of the program's own."""

    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return False

    def __ne__(self, other):
        return True

    __hash__ = None

    def __bool__(self):
        raise TypeError("'" + self.name + "' is not plain data")

    def __repr__(self):
        return "<" + self.name + ">"


def ids_of_all_types():
    """The types that exist now, by `id`: that of a type in the snapshot is never given again."""
    found, left = set(), [object]
    while left:
        kind = left.pop()
        if id(kind) not in found:
            found.add(id(kind))
            left.extend(type.__subclasses__(kind))
    return found


known = set()  # filled when the snapshot is taken


def guard(function):
    """The function, with its results settled. Classes are left alone: tests call their methods."""
    if type(function) is type or issubclass(type(function), type):
        return function

    def guarded(*args, **kwargs):
        return settle(function(*args, **kwargs), 0)

    guarded.__name__ = guarded.__qualname__ = "guarded"
    return guarded


def settle(value, depth):
    kind = type(value)
    if kind is int or kind is str or kind is bool or kind is float or value is None:
        return value
    if depth > DEEPEST:
        return Unreadable("...")
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        return of_items(value, kind, depth)
    if kind is dict:
        return of_dictionary(value, depth)
    if id(kind) in known:
        return value
    for base in (int, str, float, complex, bytes, bytearray):
        if issubclass(kind, base):
            return copy_of[base](value)
    for base in (list, tuple, set, frozenset):
        if issubclass(kind, base):
            return of_items(base(base.__iter__(value)), base, depth)
    if issubclass(kind, dict):
        return of_dictionary(dict(dict.items(value)), depth)
    return Unreadable(type.__dict__["__name__"].__get__(kind))


copy_of = {
    int: int.__index__,
    str: str.__str__,
    float: float.__float__,
    complex: complex.__complex__,
    bytes: lambda v: bytes.join(b"", [v]),
    bytearray: lambda v: bytearray.__getitem__(v, slice(None)),
}


def of_items(value, kind, depth):
    settled = [settle(x, depth + 1) for x in value]
    if all(x is y for x, y in zip(value, settled)):
        return value
    # What equals nothing cannot be hashed: a set of it stays a list, and equals no set either.
    hashable = kind is list or kind is tuple or not any(type(x) is Unreadable for x in settled)
    return kind(settled) if hashable else settled


def of_dictionary(value, depth):
    keys = [settle(k, depth + 1) for k in value]
    values = [settle(v, depth + 1) for v in value.values()]
    if all(x is y for x, y in zip(value, keys)) and all(
        x is y for x, y in zip(value.values(), values)
    ):
        return value
    if any(type(k) is Unreadable for k in keys):
        return Unreadable("dict")
    return dict(zip(keys, values))
