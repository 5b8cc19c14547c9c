"""A program, loaded and run on tests.

A job is `{"source", "mode", "entry", "name", "largest", "seed", "tests"}`. In mode `call` the program is
loaded once as the module `name`, and each test is a text with its arguments; in mode `code` each
test is code to be run after the program; in mode `stdin` there is one test, the text to be read,
and running the program is the test. With `"trace"`, which is `{"test", "every_line",
"closely_from", "looks"}`, one of the tests is traced, see `tracing`.
"""

import builtins
import random
import sys
import types
from _ast import Import, ImportFrom, PyCF_ONLY_AST

import wit_world

from . import answers, plain, streams, tracing
from .errors import PROGRAM, TEST, describe

__builtins__ = dict(vars(builtins))

READY, STARTED, ENDED, NOT_LOADED = 0, 3, 4, 5
LOADING = 8
emit = wit_world.emit
settrace, setprofile = sys.settrace, sys.setprofile
get_recursion_limit, set_recursion_limit = sys.getrecursionlimit, sys.setrecursionlimit
RECURSION_LIMIT = sys.getrecursionlimit()
run_exit_functions = sys.modules["atexit"]._run_exitfuncs
Module = types.ModuleType
seed_random = random.seed


def run(job):
    emit(READY, b"\0")
    job = plain.from_json(job)
    # A text of one length, and whatever the seed: so that it leaves the heap as another would.
    seed_random(int(job["seed"], 16))
    if job["mode"] == "stdin":
        Run(job, "__main__").as_script(job["tests"][0])
    else:
        Run(job, job["name"]).on_tests(job["mode"] == "call", job["tests"])


class Run:
    def __init__(self, job, name):
        self.source = job["source"]
        self.entry = job["entry"]
        self.largest = job["largest"]
        self.name = name
        self.trace = job.get("trace")
        self.told = 0
        module = Module(name)
        sys.modules[name] = module
        self.names = module.__dict__
        self.names["__builtins__"] = builtins  # else `exec` would give it the harness's own
        self.flush = None
        sys.argv[:] = ["program.py"]

    def load(self):
        code = compile(self.source, PROGRAM, "exec", dont_inherit=True)
        if self.trace is not None:
            closeness = dict(self.trace)
            first = closeness.pop("test") == 0
            tracing.watch(code, self.name, **closeness)
            if first:  # should it fail before any test can start
                tracing.begin()
        exec(code, self.names)

    def as_script(self, text):
        """The program as a script that reads `text`."""
        self.flush = streams.attach(text)
        emit(STARTED, b"0")
        try:
            try:
                self.load()
            finally:
                run_exit_functions()
            ended = {"value": "null"}
        except SystemExit as error:
            # Leaving with success is how many scripts end; their output is what counts.
            calm = error.code is None or error.code is False or error.code == 0
            ended = {"value": "null"} if calm else {"error": describe(error)}
        except BaseException as error:
            ended = {"error": describe(error)}
        self.tell(ENDED, ended)

    def on_tests(self, calls, tests):
        """The program as a module, then each test."""
        self.flush = streams.attach("")
        emit(LOADING, b"")
        try:
            self.load()
            if calls and self.entry not in self.names:
                raise NameError("the program does not define '" + self.entry + "'")
        except BaseException as error:
            self.tell(NOT_LOADED, {"error": describe(error)})
            return
        for index, test in enumerate(tests):
            emit(STARTED, str(index).encode())
            if self.trace is not None and self.trace["test"] == index:
                tracing.begin()
            ended = self.call(test) if calls else self.check(test)
            self.tell(ENDED, ended)

    def call(self, text):
        """Calls the entry point with the arguments that `text` stands for."""
        try:
            value = self.names[self.entry](*plain.decode(text))
            return {"value": plain.encode(value, self.largest)}
        except plain.TooLarge:
            return {"too_large": True}
        except BaseException as error:
            return {"error": describe(error)}

    def check(self, code):
        """Runs the code of a test in a copy of the program's names, so that no test changes what
        the next one finds."""
        try:
            if "import" in code:
                self.share_imports(code)
            names = dict(self.names)
            if self.entry in names:
                names[self.entry] = answers.guard(names[self.entry])
            exec(compile(code, TEST, "exec", dont_inherit=True), names)
            return {"value": "null"}
        except BaseException as error:
            return {"error": describe(error)}

    def share_imports(self, code):
        """Benchmarks put a program and its test into one file, so programs may rely on what the
        test imports."""
        tree = compile(code, TEST, "exec", PyCF_ONLY_AST, dont_inherit=True)
        tree.body = [n for n in tree.body if type(n) is Import or type(n) is ImportFrom]
        exec(compile(tree, TEST, "exec", dont_inherit=True), self.names)

    def tell(self, kind, ended):
        settrace(None)
        setprofile(None)
        if self.trace is not None and self.trace["test"] == self.told:
            tracing.end()
        self.told += 1
        limit = get_recursion_limit()
        set_recursion_limit(RECURSION_LIMIT)  # whatever is left of it, telling must not fail
        self.flush()
        emit(kind, plain.to_json(ended).encode())
        if limit > RECURSION_LIMIT:  # a program that raised it counts on that in each test
            set_recursion_limit(limit)
