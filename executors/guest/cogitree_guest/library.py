"""The standard library as part of the snapshot.

There is no file system at run time, so a module that is not here does not exist. What programs
often use is imported now and costs nothing later; the rest of the pure-Python library is kept as
compressed code and imported from there.
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import marshal
import os
import sys
import zlib

OFTEN_USED = """
abc argparse array ast asyncio base64 binascii bisect builtins calendar cmath codecs collections
collections.abc colorsys concurrent.futures contextlib copy copyreg csv dataclasses datetime decimal difflib
doctest encodings.ascii encodings.idna encodings.latin_1 encodings.utf_16 enum errno fractions
functools gc getopt glob graphlib hashlib heapq html html.parser inspect io itertools json keyword linecache logging
math numbers operator os os.path pathlib pickle platform pprint queue random re reprlib sched secrets selectors
shlex shutil socket statistics string struct subprocess sys tempfile textwrap threading time timeit
token tokenize traceback types typing unicodedata unittest urllib.parse uuid warnings weakref
xml.etree.ElementTree zlib zoneinfo _pylong _strptime
""".split()

# Programs with windows and CPython's own tests: they cannot run here, and are large.
LEFT_OUT = {"idlelib", "test", "tests", "turtledemo", "__pycache__", "_bundled"}

# Parts of the library that nobody could do without: a snapshot that lacks one is not taken.
EXPECTED = "configparser email.message html.entities http.client tomllib turtle zipfile".split()


class Compressed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads the modules that are kept as compressed code."""

    def __init__(self):
        self.modules = {}

    def gather(self, root):
        """Compiles the modules below the folder `root` that have not been imported."""
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(f for f in folders if f not in LEFT_OUT)
            relative = os.path.relpath(folder, root)
            parts = [] if relative == "." else relative.split("/")
            if any(not part.isidentifier() for part in parts):
                continue  # not a package: `lib-dynload`, `lib/python3.14`
            for file in sorted(files):
                stem, dot, ending = file.rpartition(".")
                name = ".".join(parts + ([] if stem == "__init__" else [stem]))
                if ending != "py" or not name or name in sys.modules:
                    continue
                with open(os.path.join(folder, file), "rb") as f:
                    source = f.read()
                code = compile(source, f"<library>/{name}.py", "exec", dont_inherit=True)
                self.modules[name] = (stem == "__init__", zlib.compress(marshal.dumps(code), 6))

    def find_spec(self, name, path=None, target=None):
        if name not in self.modules:
            return None
        is_package = self.modules[name][0]
        return importlib.machinery.ModuleSpec(name, self, is_package=is_package, origin="snapshot")

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        code = self.modules[module.__spec__.name][1]
        exec(marshal.loads(zlib.decompress(code)), module.__dict__)


REST = Compressed()


def take_in():
    """Imports what is often used and gathers the rest."""
    for name in OFTEN_USED:
        importlib.import_module(name)
    # Of a frozen module, as `os` is, the file is told but need not exist.
    REST.gather(os.path.dirname(os.path.dirname(json.__file__)))
    missing = [m for m in EXPECTED if m not in REST.modules and m not in sys.modules]
    if missing:
        raise ImportError("the library has no " + ", ".join(missing))


def close():
    """From here on there are only the modules that were taken in."""
    sys.meta_path[:] = [m for m in sys.meta_path if m is not importlib.machinery.PathFinder]
    sys.meta_path.insert(0, REST)
    sys.path[:] = []
    sys.path_hooks[:] = []
    sys.path_importer_cache.clear()
