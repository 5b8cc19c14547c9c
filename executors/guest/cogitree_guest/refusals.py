"""What the sandbox refuses, refused with a clear `PermissionError`.

The host gives no file, socket or process to begin with: this module only turns the various ways in
which that shows into one that a person, and the host, can recognise by its words.
"""

import builtins
import errno
import io
import os
import posix
import signal
import socket
import subprocess
import sys
import tempfile

__builtins__ = dict(vars(builtins))

MARK = "the sandbox refuses "


def refused(what):
    error = PermissionError(MARK + what)
    error.errno = errno.EPERM
    return error


def refusal(what):
    def refuse(*args, **kwargs):
        raise refused(what)

    return refuse


STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def open_streams_only(file, mode="r", *args, **kwargs):
    """`open` for the three standard streams; everything else is refused."""
    if type(file) is str:
        file = STREAMS.get(file, file)
    if type(file) is int and 0 <= file <= 2:
        stream = (sys.stdin, sys.stdout, sys.stderr)[file]
        return stream.buffer if "b" in mode else stream
    raise refused("files: " + repr(file) if type(file) is str else "files")


FILES = """
access chdir chmod chown link listdir lstat mkdir mkfifo open readlink remove rename replace rmdir
scandir symlink truncate unlink utime walk makedirs removedirs
""".split()
PROCESSES = """
execl execle execlp execlpe execv execve execvp execvpe fork forkpty getppid kill killpg popen
pipe posix_spawn posix_spawnp spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe system
""".split()
# These are answered "no" by the absence of files, which is what a program expects of them.
HARMLESS = {"access", "lstat", "readlink"}
NETWORK = """
create_connection create_server getaddrinfo gethostbyaddr gethostbyname gethostbyname_ex getnameinfo
socketpair fromfd
""".split()


def install():
    files, processes, network = refusal("files"), refusal("processes"), refusal("the network")
    builtins.open = io.open = open_streams_only
    sys.modules["_io"].open = open_streams_only
    io.FileIO = sys.modules["_io"].FileIO = files
    for name in FILES:
        if name not in HARMLESS:
            setattr(os, name, files)
            if hasattr(posix, name):
                setattr(posix, name, files)
    for name in PROCESSES:
        setattr(os, name, processes)
        if hasattr(posix, name):
            setattr(posix, name, processes)
    for name in NETWORK:
        setattr(socket, name, network)
    socket.socket.__init__ = network
    subprocess.Popen.__init__ = processes
    subprocess.Popen.__del__ = lambda self: None
    signal.raise_signal = processes
    tempfile._get_default_tempdir = files
    posix.environ.clear()
    os.environ.clear()
    os.environb.clear()
