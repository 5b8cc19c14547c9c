"""What a program does, line by line, told as it happens.

Only the program's own code is watched, through `sys.monitoring`. At first every line is told, with
the local values that have changed since the line before in the same call. After so many events only
the steps that a long run is made of (backward jumps and calls) are counted, at a fraction of the cost.
Programs are deterministic, so a run that is known to take so many steps can be followed closely again
towards its end: that is `closely_from`. For a run that never ends there are `looks` at some lines,
each time that the number of steps has grown by a quarter.

An event goes to the host at once, so the last ones survive whatever becomes of the interpreter. Each
is a list in JSON:

    [what, call, function, depth, line, block, first line, last line, {name: text}, text]

`what` is one of the five below. `call` numbers the calls of the program's functions, `depth` counts
those that are running. A `block` is a piece of code that is entered at its beginning only, numbered in
the order of the code; the two lines are those that it spans. The last text is the value returned or
yielded, or the type of the exception; `null` where the value is not plain data. `[5]` says that
something is left out before the next event.

A program that takes the monitoring away, or that calls into this module, ends or falsifies the trace
of itself and nothing else.
"""

import bisect
import builtins
import collections
import dis
import itertools
import sys
import types

import wit_world

from .plain import clean, name_of, to_json

__builtins__ = dict(vars(builtins))

EVENT, STEPS = 6, 7  # kinds of message
CALL, LINE, RETURN, YIELD, RAISE = 0, 1, 2, 3, 4
GAP = b"[5]"
TOOL = 4
REPORT = 512  # steps between two messages about their number
LOOK = 60  # events told at each look during a long run
MOST_NAMES = 40  # values of one event
NEVER = 1 << 62
PASSED_ON = 4  # calls that one exception is followed through

emit = wit_world.emit
monitoring = sys.monitoring
watched = monitoring.events
set_events, set_local_events = monitoring.set_events, monitoring.set_local_events
DISABLE = monitoring.DISABLE
frame_above = sys._getframe
Code, Proxy = types.CodeType, type((lambda: sys._getframe().f_locals)())
find_block = bisect.bisect_right

COUNTED = watched.JUMP | watched.PY_START
FOLLOWED = COUNTED | watched.LINE | watched.PY_RETURN | watched.PY_YIELD

# Instructions after which the next one begins a block.
ENDS = {dis.opmap[n] for n in ("RETURN_VALUE", "RAISE_VARARGS", "RERAISE")} | set(dis.hasjump)


class Function:
    """A code object of the program: its name and its blocks."""

    def __init__(self, code):
        self.code = code
        name = code.co_qualname.rpartition("<locals>.")[2]
        self.name = clean(name, 80)
        plain_code = code.co_code
        starts = {0, *dis.findlabels(plain_code)}
        starts.update(i + 2 for i in range(0, len(plain_code), 2) if plain_code[i] in ENDS)
        self.starts = sorted(starts)
        self.spans = [[0, 0] for _ in starts]
        for start, end, line in code.co_lines():
            if line is None:
                continue
            first, last = self.block(start), self.block(end - 2)
            for span in self.spans[first : last + 1]:
                span[0] = min(span[0] or line, line)
                span[1] = max(span[1], line)

    def block(self, offset):
        return find_block(self.starts, offset) - 1


class Trace:
    """What is known while a program runs. There is one, made anew for each program."""

    def __init__(self, name=None, every_line=0, closely_from=None, looks=False):
        self.name = name  # of the program's module
        self.every_line = every_line
        self.closely_from = closely_from
        self.looks = looks
        self.functions = {}  # by the `id` of their code, which is kept alive
        self.calls = {}  # by the `id` of the frame: [number, depth, values told]
        self.number = 0
        self.quota = 0  # events that may still be told before steps are only counted
        self.left = self.turn = 0  # steps until something is to be done, and all until then
        self.report = REPORT
        self.look = self.close = NEVER
        self.raised = None  # the exception told last, by `id`, and through how many calls


trace = Trace()


def watch(code, name, every_line, closely_from, looks):
    """Gets ready to follow the code, compiled from the program, and all that is defined in it."""
    trace.__init__(name, every_line, closely_from, looks)
    left = [code]
    while left:
        code = left.pop()
        trace.functions[id(code)] = Function(code)
        left.extend(c for c in code.co_consts if type(c) is Code)
    monitoring.use_tool_id(TOOL, "trace")
    for event, callback in CALLBACKS.items():
        monitoring.register_callback(TOOL, event, callback)


def begin():
    """Every line is told from here on."""
    try:
        trace.number = 0
        if trace.closely_from is not None:
            trace.close = trace.closely_from
        if trace.looks:
            trace.look = trace.every_line
        plan()
        follow(trace.every_line)
    except BaseException:  # by now the program may have taken the monitoring away
        pass


def end():
    """Stops watching and tells how many steps there were. Whatever the program has done to what this
    needs, the end of its test is told afterwards."""
    try:
        set_events(TOOL, 0)
        monitoring.free_tool_id(TOOL)
        emit(STEPS, str(steps()).encode())
    except BaseException:
        pass


def steps():
    return trace.turn - trace.left


def follow(quota, jumping=None):
    """Every line is told, up to so many events."""
    trace.calls.clear()  # calls may have ended while steps were only counted
    trace.quota = quota
    set_events(TOOL, watched.RAISE | watched.PY_UNWIND)
    for function in trace.functions.values():
        set_local_events(TOOL, function.code, FOLLOWED)
    if jumping is not None:  # a loop on one line has no other event of a line
        tell(LINE, jumping, jumping.f_lineno, None)


def only_count():
    """No line is told any more."""
    trace.quota = 0
    trace.calls.clear()
    set_events(TOOL, 0)
    for function in trace.functions.values():
        set_local_events(TOOL, function.code, COUNTED)
    emit(EVENT, GAP)


def plan():
    """Sets the number of steps at which something is due next."""
    now = steps()
    trace.turn = max(now + 1, min(trace.report, trace.look, trace.close))
    trace.left = trace.turn - now


def turn_over(jumping):
    """Something is due at this number of steps, which a jump in a frame was one of, or a call."""
    try:
        now = steps()
        if now >= trace.report:
            trace.report = now + REPORT
            emit(STEPS, str(now).encode())
        if now >= trace.close:
            trace.close = NEVER
            if trace.quota:
                trace.quota = NEVER  # the host ends what goes on for too long
            else:
                follow(NEVER, jumping)
        if now >= trace.look:
            trace.look = now + now // 4
            if not trace.quota:
                follow(LOOK, jumping)
        plan()
    except BaseException:
        pass


def on_jump(code, offset, destination):
    if destination > offset:
        return DISABLE
    left = trace.left = trace.left - 1
    if left <= 0:
        turn_over(frame_above(1))


def on_start(code, offset):
    left = trace.left = trace.left - 1
    if left <= 0:
        turn_over(None)
    if trace.quota:
        frame = frame_above(1)
        # The frame of an earlier call that was dropped may have been at the same place.
        forget(frame)
        tell(CALL, frame, frame.f_lineno, None)


def on_line(code, line):
    trace.raised = None  # if there was an exception it is caught, and another may have its `id`
    tell(LINE, frame_above(1), line, None)


def on_return(code, offset, value):
    frame = frame_above(1)
    tell(RETURN, frame, frame.f_lineno, value)
    forget(frame)


def on_yield(code, offset, value):
    frame = frame_above(1)
    tell(YIELD, frame, frame.f_lineno, value)


def on_raise(code, offset, error):
    if id(code) not in trace.functions:
        return
    known = trace.raised
    through = known[1] + 1 if known is not None and known[0] == id(error) else 0
    trace.raised = id(error), through
    if through < PASSED_ON:
        frame = frame_above(1)
        tell(RAISE, frame, frame.f_lineno, error)


def on_unwind(code, offset, error):
    forget(frame_above(1))


def forget(frame):
    trace.calls.pop(id(frame), None)


CALLBACKS = {
    watched.JUMP: on_jump,
    watched.PY_START: on_start,
    watched.LINE: on_line,
    watched.PY_RETURN: on_return,
    watched.PY_YIELD: on_yield,
    watched.RAISE: on_raise,
    watched.PY_UNWIND: on_unwind,
}


def tell(what, frame, line, value):
    """Tells one event. Nothing that goes wrong here is the program's business."""
    try:
        call = trace.calls.get(id(frame))
        if call is None:
            call = enter(frame)
        function = trace.functions[id(frame.f_code)]
        block = function.block(frame.f_lasti)
        span = function.spans[block]
        if what == LINE or what == CALL:
            text = None
        elif what == RAISE:
            text = name_of(type(value))
        else:
            text = text_of(value)
        event = [what, call[0], function.name, call[1], line, block, *span, changes(frame, call[2]), text]
        emit(EVENT, to_json(event).encode())
        trace.quota -= 1
        if trace.quota <= 0:
            only_count()
    except BaseException:
        pass


def enter(frame):
    depth, step = 1, frame.f_back
    while step is not None:
        known = trace.calls.get(id(step))
        if known is not None:
            depth += known[1]
            break
        if id(step.f_code) in trace.functions:
            depth += 1
        step = step.f_back
    trace.number += 1
    call = trace.calls[id(frame)] = [trace.number, depth, {}]
    return call


def changes(frame, told):
    """The local values that are not as they were told last."""
    values = frame.f_locals
    # The body of a class may run in a mapping of the program's own.
    if type(values) is dict:
        values = dict.items(values)
    elif type(values) is Proxy:
        values = Proxy.items(values)
    else:
        return {}
    changed = {}
    for name, value in values:
        if type(name) is not str or name[:2] == "__" or name[:1] == ".":
            continue
        kind = type(value)
        old = told.get(name)
        if kind is int or kind is bool:
            if old is not None and old[0] is kind and old[1] == value:
                continue
            now, text = value, integer(value)
        else:
            now = text = text_of(value)
            if text is None or (old is not None and old[0] is kind and old[1] == text):
                continue
        told[name] = kind, now
        changed[clean(name, 60)] = text
        if len(changed) >= MOST_NAMES:
            break
    return changed


# Texts of values, as Python writes them, but bounded, and without running any of the program's code.

LONGEST_STRING = 100
LARGEST = 10**30
PARTS = 48  # values in one text, however they are nested
WHOLE = 20  # a longer sequence is told by its first and last parts
HEAD, TAIL = 8, 3
DEEPEST = 4


def integer(value):
    if -LARGEST < value < LARGEST:
        return repr(value)
    return "<int of " + str(int.bit_length(value)) + " bits>"


def text_of(value):
    """The text of plain data and of instances of the program's classes; `None` for all else."""
    left[0] = PARTS
    try:
        return part(value, 0)
    except Exception:
        return None


left = [0]
attributes = type.__dict__["__dict__"]
order = type.__dict__["__mro__"]


def part(value, depth):
    kind = type(value)
    left[0] -= 1
    if kind is int or kind is bool:
        return integer(value)
    if value is None or kind is float:
        return repr(value)
    if issubclass(kind, str):
        return string(str.__str__(value))
    if issubclass(kind, int):
        return integer(int.__index__(value))
    if issubclass(kind, float):
        return float.__repr__(float.__float__(value))
    if issubclass(kind, (bytes, bytearray)):
        base = bytes if issubclass(kind, bytes) else bytearray
        return string(base.__getitem__(value, slice(LONGEST_STRING + 1)))
    if kind is complex:
        return repr(value)
    if depth >= DEEPEST or left[0] < 0:
        return "..."
    if issubclass(kind, list):
        return sequence(value, list, "[", "]", depth)
    if issubclass(kind, tuple):
        text = sequence(value, tuple, "(", ")", depth)
        return text[:-1] + ",)" if tuple.__len__(value) == 1 else text
    if issubclass(kind, dict):
        return pairs(value, dict.__len__(value), dict.items(value), depth)
    if issubclass(kind, (set, frozenset)):
        base = set if issubclass(kind, set) else frozenset
        count = base.__len__(value)
        if count == 0:
            return base.__name__ + "()"
        inside = parts(itertools.islice(base.__iter__(value), WHOLE), depth)
        return "{" + joined(inside, count - len(inside), []) + "}"
    if issubclass(kind, collections_deque):
        return "deque(" + sequence(value, collections_deque, "[", "]", depth) + ")"
    if kind is range:
        return repr(value)[:LONGEST_STRING]
    return instance(value, kind, depth)


collections_deque = collections.deque


def string(value):
    text = repr(value[:LONGEST_STRING])
    return text if len(value) <= LONGEST_STRING else text + "..."


def parts(values, depth):
    texts = []
    for value in values:
        text = part(value, depth + 1)
        texts.append("<" + name_of(type(value)) + ">" if text is None else text)
        if left[0] < 0:
            break
    return texts


def joined(head, between, tail):
    middle = ["... " + str(between) + " more ..."] if between > 0 else []
    return ", ".join(head + middle + tail)


def sequence(value, base, opening, closing, depth):
    count = base.__len__(value)
    if count <= WHOLE:
        head, tail = list(base.__iter__(value)), []
    else:
        head = list(itertools.islice(base.__iter__(value), HEAD))
        tail = [base.__getitem__(value, i) for i in range(count - TAIL, count)]
    shown, ending = parts(head, depth), []
    if left[0] >= 0:
        ending = parts(tail, depth)
    return opening + joined(shown, count - len(shown) - len(ending), ending) + closing


def pairs(value, count, items, depth):
    if count <= WHOLE:
        head, tail = list(items), []
    else:
        head = list(itertools.islice(items, HEAD))
        tail = list(itertools.islice(reversed(items), TAIL))[::-1]
    shown, ending = entries(head, depth), []
    if left[0] >= 0:
        ending = entries(tail, depth)
    return "{" + joined(shown, count - len(shown) - len(ending), ending) + "}"


def entries(items, depth):
    texts = []
    for key, value in items:
        texts.append(": ".join(parts((key, value), depth)))
        if left[0] < 0:
            break
    return texts


def instance(value, kind, depth):
    """`Name(field=value, ...)` for an instance of a class of the program's, which is no class."""
    if issubclass(kind, type):
        return None
    made_in = attributes.__get__(kind).get("__module__")
    if type(made_in) is not str or made_in != trace.name:
        return None
    for base in order.__get__(kind):
        getter = attributes.__get__(base).get("__dict__")
        if getter is not None:
            break
    else:
        return "<" + name_of(kind) + ">"
    # A program's own `__dict__` would be its code.
    if type(getter) is not types.GetSetDescriptorType:
        return "<" + name_of(kind) + ">"
    attributes_of = getter.__get__(value)
    if type(attributes_of) is not dict:
        return "<" + name_of(kind) + ">"
    fields = []
    for name, field in itertools.islice(dict.items(attributes_of), HEAD):
        text = part(field, depth + 1)
        if text is not None and type(name) is str:
            fields.append(clean(name, 60) + "=" + text)
        if left[0] < 0:
            break
    return clean(name_of(kind), 60) + "(" + ", ".join(fields) + ")"

