"""The standard library as part of the snapshot.

There is no file system at run time, so a module that is not here does not exist. What programs
often use is imported now and costs nothing later; the rest of the pure-Python library is kept as
compressed code and imported from there.
"""

import importlib
import importlib.abc
import importlib.machinery
import marshal
import os
import sys
import zlib

OFTEN_USED = """
abc argparse array ast asyncio base64 binascii bisect builtins calendar cmath codecs collections
collections.abc concurrent.futures contextlib copy copyreg csv dataclasses datetime decimal difflib
doctest encodings.ascii encodings.idna encodings.latin_1 encodings.utf_16 enum errno fractions
functools gc glob hashlib heapq html html.parser inspect io itertools json keyword linecache logging
math numbers operator os os.path pathlib pickle pprint queue random re reprlib secrets selectors
shlex shutil socket statistics string struct subprocess sys tempfile textwrap threading time timeit
token tokenize traceback types typing unicodedata unittest urllib.parse uuid warnings weakref
xml.etree.ElementTree zlib zoneinfo _pylong _strptime
""".split()

SELDOM_USED = set(
    """
_pydecimal _threading_local bdb cProfile cmd code codeop colorsys configparser email encodings
fileinput getopt graphlib gzip hmac http ipaddress modulefinder multiprocessing optparse pdb
pickletools pkgutil platform profile pstats runpy sched shelve symtable tomllib trace tracemalloc
urllib xml zipfile
""".split()
)


class Compressed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads the modules that are kept as compressed code."""

    def __init__(self):
        self.modules = {}

    def gather(self, root):
        """Compiles the seldom-used modules below the folder `root`."""
        for folder, folders, files in os.walk(root):
            relative = os.path.relpath(folder, root)
            parts = [] if relative == "." else relative.split("/")
            unwanted = {"test", "tests", "__pycache__"}.intersection(parts)
            if parts and (parts[0] not in SELDOM_USED or unwanted):
                folders[:] = []
                continue
            for file in files:
                stem, dot, ending = file.rpartition(".")
                name = ".".join(parts + ([] if stem == "__init__" else [stem]))
                wanted = ending == "py" and name.split(".")[0] in SELDOM_USED
                if not wanted or name in sys.modules:
                    continue
                with open(os.path.join(folder, file), "rb") as f:
                    source = f.read()
                code = compile(source, f"<library>/{name}.py", "exec", dont_inherit=True, optimize=2)
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
    REST.gather(os.path.dirname(os.__file__))


def close():
    """From here on there are only the modules that were taken in."""
    sys.meta_path[:] = [m for m in sys.meta_path if m is not importlib.machinery.PathFinder]
    sys.meta_path.insert(0, REST)
    sys.path[:] = []
    sys.path_hooks[:] = []
    sys.path_importer_cache.clear()
