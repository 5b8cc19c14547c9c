"""The guest of the cogitree sandbox: CPython that runs one program on some tests.

The modules, in the order in which `app` uses them:

* `library`: the standard library as part of the snapshot;
* `stand_ins`: threads, event loops and caches that need nothing from an operating system;
* `refusals`: what the sandbox refuses, refused with a clear `PermissionError`;
* `streams`: standard input, output and error;
* `plain`: plain data as text, both ways;
* `errors`: an exception as plain data;
* `program`: a program, loaded and run on tests;
* `warmth`: warms the interpreter and lays out the heap before the snapshot is taken.

A program under test may patch anything it can reach. Each module of the harness therefore keeps
its own copy of the builtins, and functions that it needs later are taken from C modules before
any program runs. Expected values are never here: the host compares.
"""
