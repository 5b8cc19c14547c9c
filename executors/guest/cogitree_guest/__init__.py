"""The guest of the cogitree sandbox: CPython that runs one program on some tests.

The modules, in the order in which `app` uses them:

* `library`: the standard library as part of the snapshot;
* `stand_ins`: threads, event loops and caches that need nothing from an operating system;
* `refusals`: what the sandbox refuses, refused with a clear `PermissionError`;
* `streams`: standard input, output and error;
* `plain`: plain data as text, both ways;
* `answers`: what the entry point returns to tests that are code;
* `errors`: an exception as plain data;
* `tracing`: what the program does, line by line, when that is asked for;
* `program`: a program, loaded and run on tests;
* `warmth`: warms the interpreter and lays out the heap before the snapshot is taken.

A program under test may patch anything it can reach. Each module of the harness therefore keeps
its own copy of the builtins, and functions that it needs later are taken from C modules before
any program runs. Expected values are never here: the host compares.

Where a test is code, the comparison is made here, and a program that sets out to forge its verdict
can find a way: it shares an interpreter with the test. `answers` closes the way through values; tests
that are plain calls have no such way at all.
"""
