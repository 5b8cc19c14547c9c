"""An exception as plain data."""

import builtins

from .plain import clean, name_of

__builtins__ = dict(vars(builtins))

PROGRAM, TEST = "<program>", "<test>"  # the names of the two sources in tracebacks
LONGEST_MESSAGE = 1000

_traceback = BaseException.__dict__["__traceback__"]


def describe(error):
    """Type, message, and the innermost lines of the program and of the test in its traceback.

    `at` says in which of the two the error was raised, as far as they were involved at all.
    """
    told = {"type": name_of(type(error)), "message": message(error), "at": None}
    step = _traceback.__get__(error)
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if file == PROGRAM or file == TEST:
            where = "program" if file == PROGRAM else "test"
            told[where] = step.tb_lineno
            told["at"] = where
        step = step.tb_next
    if issubclass(type(error), SyntaxError) and error.filename in (PROGRAM, TEST):
        told["at"] = "program" if error.filename == PROGRAM else "test"
        if type(error.lineno) is int:
            told[told["at"]] = error.lineno
    return told


def message(error):
    """`str`, which may be the program's own: guarded and cut."""
    try:
        if type(error) in (SyntaxError, IndentationError, TabError):
            text = error.msg
        else:
            text = str(error)
        text = text if type(text) is str else str.__str__(text)
        return clean(text, LONGEST_MESSAGE)
    except BaseException:
        return ""
