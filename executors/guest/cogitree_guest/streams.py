"""Standard input, output and error of a program, as streams and as descriptors 0, 1 and 2."""

import builtins
import io
import os
import posix
import stat

import sys

import wit_world

from .refusals import refused

__builtins__ = dict(vars(builtins))

CHUNK = 65536  # a longer write reaches the host's limit without being copied as a whole


class Channel(io.RawIOBase):
    """A raw stream whose bytes go to the host."""

    def __init__(self, kind, name):
        self.kind = kind
        self.name = name

    def fileno(self):
        return self.kind

    def writable(self):
        return True

    def write(self, data):
        data = memoryview(data).cast("B")
        for start in range(0, len(data), CHUNK):
            emit(self.kind, bytes(data[start : start + CHUNK]))
        return len(data)


class Source(io.RawIOBase):
    """The raw stream that is the program's input."""

    name = "<stdin>"

    def __init__(self, data):
        self.data = data
        self.at = 0

    def fileno(self):
        return 0

    def readable(self):
        return True

    def take(self, most):
        data = self.data[self.at : self.at + most]
        self.at += len(data)
        return data

    def readinto(self, buffer):
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self):
        return self.take(len(self.data))


emit = wit_world.emit
flush_text = io.TextIOWrapper.flush
TextIOWrapper, BufferedReader, BufferedWriter = io.TextIOWrapper, io.BufferedReader, io.BufferedWriter
descriptors = {}  # the raw streams, by descriptor


def install():
    """Lets `os.read`, `os.write` and `os.fstat` have the three streams."""
    fstat = os.fstat

    def read(fd, length):
        if fd != 0:
            raise refused("files: descriptor " + str(fd))
        return descriptors[0].take(length)

    def write(fd, data):
        if fd != 1 and fd != 2:
            raise refused("files: descriptor " + str(fd))
        return descriptors[fd].write(data)

    def status(fd):
        if fd != 0:
            return fstat(fd)
        # As if input came from a file: programs read as much as this says there is.
        size = len(descriptors[0].data)
        return os.stat_result((stat.S_IFREG | 0o400, 0, 0, 1, 0, 0, size, 0, 0, 0))

    os.read = posix.read = read
    os.write = posix.write = write
    os.fstat = posix.fstat = status


def attach(text):
    """Gives the program its streams, `text` to be read, and returns a function that sends what
    is still in their buffers."""
    source, out_channel, err_channel = Source(text.encode()), Channel(1, "<stdout>"), Channel(2, "<stderr>")
    descriptors.update({0: source, 1: out_channel, 2: err_channel})
    out = TextIOWrapper(BufferedWriter(out_channel), encoding="utf-8", newline="\n")
    err = TextIOWrapper(
        BufferedWriter(err_channel),
        encoding="utf-8",
        errors="backslashreplace",
        newline="\n",
        line_buffering=True,
    )
    out.mode = err.mode = "w"
    sys.stdout = sys.__stdout__ = out
    sys.stderr = sys.__stderr__ = err
    sys.stdin = sys.__stdin__ = TextIOWrapper(BufferedReader(source), encoding="utf-8")
    sys.stdin.mode = "r"

    def flush():
        for stream in (out, err):
            try:
                flush_text(stream)
            except BaseException:  # the program closed or detached it
                pass

    return flush
