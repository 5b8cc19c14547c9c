"""Standard input, output and error of a program."""

import builtins
import io
import sys

import wit_world

__builtins__ = dict(vars(builtins))

CHUNK = 65536  # a longer write reaches the host's limit without being copied as a whole


class Channel(io.RawIOBase):
    """A raw stream whose bytes go to the host."""

    def __init__(self, kind, name):
        self.kind = kind
        self.name = name

    def writable(self):
        return True

    def write(self, data):
        data = memoryview(data).cast("B")
        for start in range(0, len(data), CHUNK):
            emit(self.kind, bytes(data[start : start + CHUNK]))
        return len(data)


emit = wit_world.emit
flush_text = io.TextIOWrapper.flush
TextIOWrapper, BufferedWriter, BytesIO = io.TextIOWrapper, io.BufferedWriter, io.BytesIO


def attach(text):
    """Gives the program its streams, `text` to be read, and returns a function that sends what
    is still in their buffers."""
    out = TextIOWrapper(BufferedWriter(Channel(1, "<stdout>")), encoding="utf-8", newline="\n")
    err = TextIOWrapper(
        BufferedWriter(Channel(2, "<stderr>")),
        encoding="utf-8",
        errors="backslashreplace",
        newline="\n",
        line_buffering=True,
    )
    out.mode = err.mode = "w"
    sys.stdout = sys.__stdout__ = out
    sys.stderr = sys.__stderr__ = err
    sys.stdin = sys.__stdin__ = TextIOWrapper(BytesIO(text.encode()), encoding="utf-8")

    def flush():
        for stream in (out, err):
            try:
                flush_text(stream)
            except BaseException:  # the program closed or detached it
                pass

    return flush
