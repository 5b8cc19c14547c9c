"""Plain data as text, both ways.

JSON stands for itself where it can: `null`, booleans, integers of 64 bits, strings, and arrays for
lists. Everything else is an object with one tag:

    {"i": hex}          an integer of any size        {"f": repr}        a float
    {"c": [re, im]}     a complex number              {"b": hex}         bytes
    {"t": [...]}        a tuple                       {"s": [...]}       a set
    {"z": [...]}        a frozen set                  {"d": [k, v, ...]} a dictionary
    {"o": [type, repr]} anything that is not plain data

Values are read by their real type and through the methods of the builtin types only. A subclass is
read as its base, so nothing that a program overrides decides what is told to the host.
"""

import builtins
import collections
import json.encoder
import json.scanner
import types

__builtins__ = dict(vars(builtins))

DEEPEST = 50  # levels of nesting; two levels of JSON each, and the host reads 128
LONGEST_REPR = 300


class TooLarge(Exception):
    """The value needs more text than is allowed."""


def _never(value):
    raise TypeError(value)


_chunks = json.encoder.c_make_encoder(
    None, _never, json.encoder.c_encode_basestring_ascii, None, ":", ",", False, False, True
)
_scan = json.scanner.c_make_scanner(
    types.SimpleNamespace(
        strict=False,
        object_hook=None,
        object_pairs_hook=None,
        parse_float=float,
        parse_int=int,
        parse_constant=_never,
        memo={},
    )
)


def to_json(tagged):
    """The text of something made of what JSON has."""
    return "".join(_chunks(tagged, 0))


def from_json(text):
    """What a text in JSON stands for."""
    return _scan(text, 0)[0]


def encode(value, largest):
    """`value` as the text described above; `TooLarge` if that needs more than `largest` bytes."""
    text = to_json(_Tagger(largest).tag(value, 0))
    if len(text) > largest:
        raise TooLarge
    return text


def decode(text):
    """The value that a text described above stands for. Fresh at each call."""
    return _untag(from_json(text))


class _Tagger:
    def __init__(self, largest):
        self.left = largest // 2  # each value needs two characters at the least

    def tag(self, value, depth):
        self.left -= 1
        if self.left < 0:
            raise TooLarge
        kind = type(value)
        if value is None or kind is bool:
            return value
        if issubclass(kind, int):
            return self.integer(value if kind is int else int.__index__(value))
        if issubclass(kind, str):
            return self.string(value if kind is str else str.__str__(value))
        if issubclass(kind, float):
            return {"f": float.__repr__(float.__float__(value))}
        if depth >= DEEPEST:
            return {"o": [name_of(kind), "..."]}
        if issubclass(kind, list):
            return self.items(list.__getitem__(value, slice(None)), depth)
        if issubclass(kind, tuple):
            return {"t": self.items(list(tuple.__iter__(value)), depth)}
        if issubclass(kind, dict):
            return {"d": self.items([x for pair in dict.items(value) for x in pair], depth)}
        if issubclass(kind, set):
            return {"s": self.items(list(set.__iter__(value)), depth)}
        if issubclass(kind, frozenset):
            return {"z": self.items(list(frozenset.__iter__(value)), depth)}
        if issubclass(kind, collections_deque):
            return self.items(list(collections_deque.__iter__(value)), depth)
        if issubclass(kind, bytes):
            return {"b": bytes.hex(value)}
        if issubclass(kind, bytearray):
            return {"b": bytearray.hex(value)}
        if issubclass(kind, complex):
            parts = complex.real.__get__(value), complex.imag.__get__(value)
            return {"c": [float.__repr__(x) for x in parts]}
        return {"o": [name_of(kind), shown(value)]}

    def integer(self, value):
        if -(2**63) <= value < 2**63:
            return value
        if int.bit_length(value) > 8 * self.left:
            raise TooLarge
        return {"i": int.__format__(value, "x")}

    def string(self, value):
        if len(value) > 2 * self.left:
            raise TooLarge
        try:
            str.encode(value)
        except UnicodeEncodeError:  # a lone surrogate is no text
            return {"o": ["str", shown(value)]}
        return value

    def items(self, values, depth):
        if len(values) > self.left:
            raise TooLarge
        kinds = set(map(type, values))
        if kinds == {int} and -(2**63) <= min(values) and max(values) < 2**63:
            self.left -= len(values)
            return values
        return [self.tag(x, depth + 1) for x in values]


collections_deque = collections.deque


def name_of(kind):
    """The name of a type, whatever its metaclass says."""
    name = type.__dict__["__name__"].__get__(kind)
    return name if type(name) is str else "?"


def shown(value):
    """`repr`, which may be the program's own: guarded and cut."""
    try:
        text = repr(value)
        text = text if type(text) is str else str.__str__(text)
        return clean(text, LONGEST_REPR)
    except Exception:
        return "<" + name_of(type(value)) + ">"


def clean(text, longest):
    """Text that can be sent: cut, and without lone surrogates."""
    if len(text) > longest:
        text = text[: longest - 3] + "..."
    return text.encode("utf-8", "backslashreplace").decode()


def _untag(tagged):
    kind = type(tagged)
    if kind is list:
        return [_untag(x) for x in tagged]
    if kind is not dict:
        return tagged
    ((tag, body),) = tagged.items()
    if tag == "i":
        return int(body, 16)
    if tag == "f":
        return float(body)
    if tag == "c":
        return complex(float(body[0]), float(body[1]))
    if tag == "b":
        return bytes.fromhex(body)
    items = [_untag(x) for x in body]
    if tag == "t":
        return tuple(items)
    if tag == "s":
        return set(items)
    if tag == "z":
        return frozenset(items)
    return dict(zip(items[::2], items[1::2]))
