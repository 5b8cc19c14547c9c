"""Warms the interpreter and lays out the heap before the snapshot is taken.

A fresh instance shares the snapshot's pages until it writes to them, and the first write to each
page costs far more than the instruction that does it. So typical programs are run now, which fills
caches and specialises code once for all, and then every hole in the heap is filled, so that what a
program allocates lies together.
"""

import gc
import linecache
import random
import sys

import wit_world

from . import plain, program, streams, tracing

TYPICAL = '''
from typing import List, Dict, Optional, Tuple, Any
import math, re, sys, heapq
from collections import Counter, defaultdict, deque
from functools import lru_cache, reduce
from itertools import permutations, combinations, accumulate

class Pair:
    def __init__(self, a):
        self.a = a
    def __lt__(self, other):
        return self.a < other.a

def solve(xs: List[int], t: float = 1.0) -> Optional[int]:
    """ A statement. """
    seen = {}
    for i, a in enumerate(xs):
        for j, b in enumerate(xs):
            if i != j and abs(a - b) < t:
                return True
        seen[a] = seen.get(a, 0) + 1
    letters = [c for c in "hello world" if c.isalpha()]
    letters.sort(key=lambda c: ord(c))
    words = "".join(letters).split("l")
    while t < 3:
        t += 1
    try:
        seen["x"]
    except KeyError as error:
        pass
    return sorted(seen.items())[0][0] if seen else None

@lru_cache(None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def check(candidate):
    assert candidate([1, 2, 3]) == 1
    assert candidate([1, 1]) is True
    assert fib(20) == 6765
    assert Counter("aab") == {"a": 2, "b": 1}
    assert re.findall(r"\\\\d+", "a1b22") == ["1", "22"]
    assert heapq.nsmallest(2, [3, 1, 2]) == [1, 2]
    assert Pair(1) < Pair(2)
    assert f"{1.5:.2f} {'x':>3}" == "1.50   x"
    assert math.gcd(4, 6) == 2 and sum(x * x for x in range(4)) == 14
'''

JOBS = [
    {"mode": "call", "source": TYPICAL, "tests": ["[[1,2,3]]", '[[{"f":"1.0"},2]]', "[[]]", "[3]"]},
    {"mode": "code", "source": TYPICAL, "tests": ["import math\ncheck(solve)", "assert solve([1]) == 2, 'm'", "1/0"]},
    {"mode": "call", "source": "def solve(x):\n    print(x)\n    return 1 / x", "tests": ["[1]", "[0]"]},
    {"mode": "stdin", "source": "a = input()\nprint(a)", "tests": ["x\n"]},
    {"mode": "call", "source": "def solve(", "tests": ["[]"]},
    {
        "mode": "call",
        "source": "def solve(x):\n    return [(1, 'a'), {'k': 1.5}, {2}, None, True, [1, 2], x]",
        "tests": ['["s"]', '[{"t":[1]}]', '[{"d":["a",1]}]'],
    },
]


def warm(times):
    """Runs the typical jobs, with their messages going nowhere."""
    silent = lambda kind, data: None
    for module in (program, streams, tracing):
        module.emit = silent
    for _ in range(times):
        for job in JOBS:
            job = {"entry": "solve", "name": "program", "largest": 1 << 20, "seed": "0"} | job
            program.run(plain.to_json(job))
    for module in (program, streams, tracing):
        module.emit = wit_world.emit
    sys.modules.pop("program", None)
    linecache.clearcache()
    random.seed(0)


def lay_out(room):
    """Fills the holes of the heap and leaves one free region of `room` bytes. Returns what fills
    them: it must be kept alive."""
    longest = 400_000
    kept = [None] * longest
    reserve = bytes(room)
    top = id(reserve)
    count = 0
    overhead = sys.getsizeof(b"")
    large = [x << p for p in range(20, 11, -1) for x in (8, 7, 6, 5)]
    for size in large + list(range(4096, 24, -16)) + [24, 17]:
        misses = 0
        while count < longest:
            filler = bytes(max(1, size - overhead)) if size > overhead else object()
            if id(filler) > top:
                del filler
                misses += 1
                if misses > 2:
                    break
                continue
            kept[count] = filler
            count += 1
    del reserve
    return kept[:count]


def settle():
    """Keeps the collector away from everything that is in the snapshot."""
    gc.set_threshold(100_000, 50, 0)
    gc.collect()
    kept = lay_out(4 << 20)
    gc.collect()
    gc.freeze()
    return kept
