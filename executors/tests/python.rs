//! The Python that programs find, and that two runs of it are alike.

mod common;

use cogitree_engine::{
    Executor, Interface, Job, Limits, Program, Report, Test, TestReport, Value, Verdict,
};
use cogitree_executors::Sandbox;
use common::{SANDBOX, SHORT, call, run, run_with};

const ROOM: Limits = Limits {
    seconds: 20.0,
    ..SHORT
};

/// Runs a script with time enough on a busy machine.
fn script(source: &str, input: &str, expected: Option<&str>) -> TestReport {
    script_in(&SANDBOX, source, input, expected)
}

fn script_in(sandbox: &Sandbox, source: &str, input: &str, expected: Option<&str>) -> TestReport {
    let test = Test::Stdio {
        input: input.into(),
        expected: expected.map(Into::into),
    };
    let report = sandbox.run(&Job {
        interface: &Interface::Stdin,
        program: &Program::new(source),
        tests: &[test],
        checker: &Default::default(),
        limits: ROOM,
    });
    let mut report = report.expect("the sandbox runs");
    report.tests.swap_remove(0)
}

/// What the library has that cannot exist here: it needs an operating system, or C that was not compiled
/// for WebAssembly. To the right, the missing part that the error names.
const ABSENT: &[(&str, &str)] = &[
    ("bz2", "_bz2"),
    ("ctypes", "_ctypes"),
    ("curses", "_curses"),
    ("fcntl", "fcntl"),
    ("grp", "grp"),
    ("idlelib", "idlelib"),
    ("lzma", "_lzma"),
    ("mmap", "mmap"),
    ("msvcrt", "msvcrt"),
    ("nt", "nt"),
    ("pty", "termios"),
    ("pwd", "pwd"),
    ("readline", "readline"),
    ("ssl", "_ssl"),
    ("syslog", "syslog"),
    ("termios", "termios"),
    ("tkinter", "_tkinter"),
    ("tty", "termios"),
    ("turtle", "_tkinter"),
    ("turtledemo", "turtledemo"),
    ("winreg", "winreg"),
    ("winsound", "winsound"),
];

#[test]
fn the_whole_standard_library_is_there() {
    // `antigravity` opens a browser, and `this` prints a poem.
    let source = "import importlib, sys\nsys.stdout = None\nlacking = []\n\
                  for name in sorted(sys.stdlib_module_names):\n    \
                  if name[0] != '_' and name not in ('antigravity', 'this'):\n        \
                  try: importlib.import_module(name)\n        \
                  except ModuleNotFoundError as error: lacking.append((name, error.name))\n\
                  sys.stdout = sys.__stdout__\nfor pair in lacking: print(*pair)";
    let report = script(source, "", None);
    assert_eq!(report.verdict, Verdict::Passed, "{report:?}");
    let expected: Vec<String> = ABSENT.iter().map(|(m, p)| format!("{m} {p}")).collect();
    let lacking: Vec<&str> = report.stdout.lines().collect();
    assert_eq!(lacking, expected);
    // Packages below those, and encodings, which are imported by name at run time.
    let source = "import email.mime.text, xml.dom.minidom, wsgiref.util, sqlite3, zipfile, unittest.mock\n\
                  print('é'.encode('cp1252'), b'\\x83'.decode('cp437'), bytes([0xe4]).decode('koi8-r'))\n\
                  print(sqlite3.connect(':memory:').execute('select 6 * 7').fetchone()[0])";
    let report = script(source, "", Some("b'\\xe9' â Д\n42\n"));
    assert!(report.verdict.passed(), "{report:?}");
}

#[test]
fn what_programs_often_import_is_imported_already() {
    let source = "import sys\nnames = '''abc argparse array ast asyncio base64 bisect calendar cmath collections \
                  collections.abc concurrent.futures contextlib copy csv dataclasses datetime decimal enum fractions \
                  functools hashlib heapq inspect io itertools json logging math operator os pathlib pickle pprint queue \
                  random re secrets statistics string struct sys textwrap threading time traceback types typing \
                  unicodedata unittest urllib.parse uuid warnings weakref zlib'''.split()\n\
                  print([n for n in names if n not in sys.modules])";
    let report = script(source, "", Some("[]"));
    assert!(report.verdict.passed(), "{report:?}");
}

#[test]
fn modules_of_others_are_named_when_missing() {
    for (source, name) in [
        ("import numpy as np", "numpy"),
        ("import pandas", "pandas"),
        ("from sympy import isprime", "sympy"),
        (
            "from sortedcontainers import SortedList",
            "sortedcontainers",
        ),
        ("import sklearn.linear_model", "sklearn"),
        ("import scipy.special", "scipy"),
        ("import networkx", "networkx"),
    ] {
        let report = script(source, "", None);
        let error = report.error.expect("an error");
        assert_eq!(error.kind, "ModuleNotFoundError");
        assert_eq!(error.message, format!("No module named '{name}'"));
    }
    let handled = "import importlib.util\ntry: import numpy\nexcept ImportError as e: print(e.name)\n\
                   print(importlib.util.find_spec('pandas'))";
    assert!(script(handled, "", Some("numpy\nNone")).verdict.passed());
}

/// Programs of one expression or loop that goes deep, and `None` where what comes of it is a
/// `RecursionError` that the program can catch.
const DEEP: &[(&str, Option<&str>)] = &[
    ("cached(5_000)", Some("5000")),
    ("plain(100_000)", Some("100000")),
    ("key(400)", Some("0")),
    ("key(10**6)", None),
    ("sum(delegating(3_000))", Some("4501500")),
    ("sum(nested(5_000))", Some("12502500")),
    ("nest(list) == nest(list)", None),
    ("nest(tuple) < nest(tuple)", None),
    ("hash(nest(tuple)) is None", Some("False")),
    ("nest(table) == nest(table)", None),
    ("json.dumps(nest(list))", None),
    ("json.dumps(nest(table))", None),
    ("json.loads('[' * 100_000)", None),
    ("json.loads('{\"a\":' * 100_000)", None),
    ("len(repr(nest(list, 5_000)))", Some("10005")),
    ("repr(nest(table))", None),
    ("repr(nest(Node))", None),
    (
        "re.compile('(' * 10_000 + ')' * 10_000).groups",
        Some("10000"),
    ),
    ("re.match('(a|b)*c', 'ab' * 100_000)", Some("None")),
    (
        "type(copy.deepcopy(nest(list, 20_000)))",
        Some("<class 'list'>"),
    ),
    ("pickle.dumps(nest(list))", None),
    ("Attribute().x", None),
    ("sorted([Loop(), Loop()])", None),
    ("Loop() == 1", None),
    ("hash(Loop())", None),
    ("max([0], key=lambda x: endless())", None),
    ("list(map(endless_map, [1]))", None),
    ("any(endless_any(n) for n in [1])", None),
    ("chain(lambda it: filter(None, it))", Some("1")),
    ("chain(zip) is None", Some("False")),
    ("chain(enumerate) is None", Some("False")),
    ("eval('-' * 100_000 + '1')", None),
    ("eval('(' * 90 + '1' + ')' * 90)", Some("1")),
    ("eval('(' * 150 + '1' + ')' * 150)", None),
    ("compile('a' + '.b' * 100_000, '', 'eval')", None),
    ("len(nest(list, 300_000))", Some("1")),
    ("len(nest(tuple, 200_000))", Some("1")),
    ("nest(Node, 300_000) is None", Some("False")),
];

const DEEP_PROGRAM: &str = "
import copy, json, pickle, re, sys
from functools import lru_cache
sys.setrecursionlimit(10**6)

@lru_cache(None)
def cached(n): return 0 if n == 0 else 1 + cached(n - 1)
def plain(n): return 0 if n == 0 else 1 + plain(n - 1)
def key(n): return 0 if n == 0 else min(sorted([n - 1], key=key)[0], 0)
def delegating(n):
    if n: yield from delegating(n - 1)
    yield n
def nested(n):
    if n:
        for x in nested(n - 1): yield x
    yield n
def endless(): return max([0], key=lambda x: endless())
def endless_map(n): return list(map(endless_map, [n]))
def endless_any(n): return any(endless_any(n) for _ in [1])
class Node:
    def __init__(self, x): self.x = x[0]
    def __repr__(self): return f'Node({self.x!r})'
class Attribute:
    def __getattr__(self, name): return self.y
class Loop:
    def __eq__(self, other): return self == other
    def __lt__(self, other): return self < other
    def __hash__(self): return hash(self)
def table(x): return {'k': x[0]}
def nest(make, levels=100_000):
    a = make(['x'])
    for _ in range(levels): a = make([a])
    return a
def chain(wrap):
    it = iter([1])
    for _ in range(100_000): it = wrap(it)
    return next(it)
";

#[test]
fn recursion_gives_a_result_or_an_error_that_can_be_caught() {
    let mut misses = Vec::new();
    for (expression, expected) in DEEP {
        let source = format!(
            "{DEEP_PROGRAM}\ntry: print({expression})\n\
             except (RecursionError, MemoryError, OverflowError, re.error) as e: print('caught', type(e).__name__)"
        );
        let report = script(&source, "", None);
        let told = report.stdout.trim_end();
        // A source or pattern that is nested too deeply is a MemoryError of the parser's.
        let fine = match expected {
            Some(value) => told == *value,
            None => ["caught RecursionError", "caught MemoryError"].contains(&told),
        };
        if !fine || !report.verdict.passed() {
            misses.push(format!(
                "{expression}: {told} {} {:?}",
                report.verdict, report.error
            ));
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn recursion_that_python_itself_does_not_watch_is_a_recursion_error() {
    // Native CPython ends with a segmentation fault here.
    let source = "it = iter([1])\nfor _ in range(100_000): it = map(abs, it)\nnext(it)";
    let report = script(source, "", None);
    assert_eq!(report.verdict, Verdict::RuntimeError);
    assert_eq!(report.error.expect("an error").kind, "RecursionError");
}

#[test]
fn threads_run_when_they_start() {
    let source = "import sys, threading, queue\nfrom concurrent.futures import ThreadPoolExecutor\n\
                  def main():\n    print(int(input()) + depth(50_000), threading.current_thread().name)\n\
                  def depth(n): return 0 if n == 0 else depth(n - 1)\n\
                  sys.setrecursionlimit(1 << 25)\nthreading.stack_size(1 << 27)\n\
                  t = threading.Thread(target=main, name='main')\nt.start()\nt.join()\n\
                  print(t.is_alive(), threading.current_thread().name)\n\
                  with ThreadPoolExecutor(4) as pool: print(list(pool.map(abs, [-1, 2])))\n\
                  lock = threading.Lock()\nwith lock: print(lock.locked(), lock.acquire(False), lock.acquire(timeout=3))\n\
                  q = queue.Queue()\nthreading.Thread(target=q.put, args=(5,)).start()\nprint(q.get())\n\
                  threading.Thread(target=lambda: 1 / 0).start()\nprint('on')";
    let expected = "7 main\nFalse MainThread\n[1, 2]\nTrue False False\n5\non\n";
    let report = script(source, "7", Some(expected));
    assert!(report.verdict.passed(), "{report:?}");
    assert!(
        report.stderr.contains("ZeroDivisionError"),
        "{}",
        report.stderr
    );
    // Who waits for what nobody does, waits for ever: an error, and no crash.
    for source in [
        "import threading\nl = threading.Lock(); l.acquire(); l.acquire()",
        "import threading\nthreading.Event().wait()",
        "import queue\nqueue.Queue().get()",
        "import queue\nqueue.SimpleQueue().get()",
        "import threading\nthreading.Semaphore(0).acquire()",
    ] {
        let error = script(source, "", None).error.expect("an error");
        assert_eq!(error.kind, "RuntimeError", "{source}");
        assert!(error.message.starts_with("deadlock: "), "{error}");
    }
}

/// Programs limit their own time by alarms, which ring when time passes: in sleeps.
const ALARMS: &str = "
import signal, time
class Late(Exception): pass
def ring(number, frame): raise Late(number, frame.f_code.co_name)
def wait(seconds): time.sleep(seconds)
begun = time.monotonic()
def now(): return round(time.monotonic() - begun, 3)
print(signal.signal(signal.SIGALRM, ring) == signal.SIG_DFL, signal.alarm(3), signal.alarm(2))
try: wait(5)
except Late as late: print(late, now())
signal.alarm(1)
print(sum(range(100_000)), signal.alarm(0))
wait(2)
rings = []
signal.signal(signal.SIGALRM, lambda *_: rings.append(now()))
print(signal.setitimer(signal.ITIMER_REAL, 1.5, 0.5))
wait(3)
left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
print(rings, now(), round(left, 3), interval)
wait(1)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.alarm(1)
wait(2)
print(len(rings), now(), signal.getitimer(signal.ITIMER_REAL))
for wrong in (-1, float('nan')):
    try: signal.setitimer(signal.ITIMER_REAL, wrong)
    except signal.ItimerError as error: print(error)
";

#[test]
fn alarms_ring_in_sleeps() {
    let report = script(ALARMS, "", None);
    assert_eq!(report.verdict, Verdict::Passed, "{report:?}");
    let told: Vec<&str> = report.stdout.lines().collect();
    assert_eq!(
        told,
        [
            "True 0 3",
            "(14, 'wait') 2.0",
            "4999950000 1",
            "(0.0, 0.0)",
            "[5.5, 6.0, 6.5, 7.0] 7.0 0.5 0.5",
            "4 10.0 (0.0, 0.0)",
            "[Errno 22] Invalid argument",
            "[Errno 22] Invalid argument",
        ]
    );
    // Without a handler an alarm is the end, as natively; a loop is ended by the test's limit.
    let report = script(
        "import signal, time\nsignal.alarm(1)\ntime.sleep(2)",
        "",
        None,
    );
    assert_eq!(report.verdict, Verdict::RuntimeError, "{report:?}");
    let source = "import signal\ndef solve():\n    signal.signal(signal.SIGALRM, lambda *_: 1 / 0)\n    \
                  signal.alarm(1)\n    while True: pass";
    let report = run(source, &[call([], None)]);
    assert_eq!(report.verdict(), Verdict::Timeout);
}

#[test]
fn event_loops_work() {
    let source = "import asyncio\nasync def late(x):\n    await asyncio.sleep(x)\n    print(x)\n    return x\n\
                  async def main():\n    print(await asyncio.gather(late(.2), late(.1)))\n    \
                  print(await asyncio.to_thread(abs, -3))\n    \
                  try: await asyncio.wait_for(late(9), 1)\n    except TimeoutError: print('late')\n\
                  asyncio.run(main())";
    let report = script(source, "", Some("0.1\n0.2\n[0.2, 0.1]\n3\nlate\n"));
    assert!(report.verdict.passed(), "{report:?}");
    assert_eq!(report.stderr, "");
}

/// Reads a whole input by descriptors, as many programs from contests do.
const FAST: &str = "
import os, sys
from io import BytesIO, IOBase
class FastIO(IOBase):
    def __init__(self, file):
        self._fd = file.fileno()
        self.buffer = BytesIO()
        self.writable = 'x' in file.mode or 'r' not in file.mode
        self.write = self.buffer.write if self.writable else None
    def readline(self):
        while True:
            b = os.read(self._fd, max(os.fstat(self._fd).st_size, 8192))
            if not b: break
            at = self.buffer.tell()
            self.buffer.seek(0, 2), self.buffer.write(b), self.buffer.seek(at)
        return self.buffer.readline()
    def flush(self):
        if self.writable:
            os.write(self._fd, self.buffer.getvalue())
            self.buffer.truncate(0), self.buffer.seek(0)
class Wrapper(IOBase):
    def __init__(self, file):
        self.buffer = FastIO(file)
        self.flush = self.buffer.flush
        self.write = lambda s: self.buffer.write(s.encode('ascii'))
        self.readline = lambda: self.buffer.readline().decode('ascii')
sys.stdin, sys.stdout = Wrapper(sys.stdin), Wrapper(sys.stdout)
sys.stdin.readline()
sys.stdout.write(str(sum(map(int, sys.stdin.readline().split()))) + chr(10))
sys.stdout.flush()
";

#[test]
fn input_and_output_in_every_common_way() {
    for source in [
        FAST,
        "input(); print(sum(map(int, input().split())))",
        "import sys\nprint(sum(map(int, sys.stdin.readlines()[1].split())), flush=True)",
        "import sys\nnext(sys.stdin)\nfor line in sys.stdin: print(sum(map(int, line.split())))",
        "import sys\nsys.stdin.readline()\nfor l in iter(sys.stdin.readline, ''): sys.stdout.write(f'{sum(map(int, l.split()))}\\n')",
        "import sys\nd = sys.stdin.buffer.read().split()\nsys.stdout.buffer.write(b'%d\\n' % sum(map(int, d[1:])))",
        "import io, os\nread = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nread(); print(sum(map(int, read().split())))",
        "import os\nd = b''\nwhile part := os.read(0, 3): d += part\nos.write(1, str(sum(map(int, d.split()[1:]))).encode())",
        "with open('/dev/stdin') as f: f.readline(); print(sum(map(int, f.readline().split())))",
        "import fileinput\nprint(sum(map(int, [*fileinput.input()][1].split())))",
        "import sys\nprint(sum(map(int, sys.stdin.read().split()[1:])), file=sys.stdout)\nsys.exit(0)",
        "import os, sys\nsys.stdout = os.fdopen(1, 'w')\ninput(); print(sum(map(int, input().split()))); quit()",
        "import sys, io\nsys.stdin = io.StringIO(sys.stdin.read())\ninput(); print(sum(map(int, input().split()))); raise SystemExit",
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY,) * 2)\ninput(); print(sum(map(int, input().split())))",
        "input('')\nimport contextlib, io\nb = io.StringIO()\nwith contextlib.redirect_stdout(b): print(sum(map(int, input().split())))\nprint(b.getvalue(), end='')",
    ] {
        let report = script(source, "3\n1 2 3\n", Some("6\n"));
        assert!(report.verdict.passed(), "{source}: {report:?}");
    }
    let report = script("import os; os.write(2, b'seen'); os.read(3, 1)", "", None);
    assert_eq!(
        (report.verdict, report.stderr.as_str()),
        (Verdict::Denied, "seen")
    );
}

#[test]
fn limits_of_the_system_are_not_the_programs_to_change() {
    let source = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))";
    assert_eq!(script(source, "", None).verdict, Verdict::Denied);
}

/// Everything by which two runs of a program could differ. The first lines depend on the seed.
const CHANCE: &str = "
import random, secrets, os, uuid
print(random.random(), random.sample(range(99), 5), random.Random().random())
print(random.SystemRandom().random(), secrets.token_hex(), os.urandom(5), uuid.uuid4(), uuid.uuid1())
print('----')
import gc, struct, sys, time, datetime, weakref, threading, tempfile
print(random.Random(5).random(), hash('text'), hash(b'bytes'), hash(1.5), {f'k{i}' for i in range(30)})
print(time.time(), time.time_ns(), time.monotonic(), time.perf_counter(), time.process_time(), time.thread_time())
print(time.clock_gettime(time.CLOCK_REALTIME), time.localtime(), datetime.datetime.now(), datetime.date.today())
time.sleep(3.25)
print(time.perf_counter_ns(), time.process_time_ns(), os.times())
class A:
    def __init__(self, n): self.n = n
    def __del__(self): print('del', self.n)
print(id(object()), id([]), A, object(), lambda: 0, [A(n) for n in range(3)])
inf = float('inf')
print(struct.pack('<ddd', inf - inf, inf * 0, -(inf - inf)), struct.pack('<f', inf - inf))
cycle = [A(3)]
cycle.append(cycle)
del cycle
print(gc.collect(), gc.get_count(), gc.get_threshold(), len(gc.get_objects()), sys.getrefcount(None), sys.getsizeof({}))
print(sys._getframe(), threading.get_ident(), os.getpid(), sys.flags.hash_randomization)
";

#[test]
fn two_runs_see_the_same() {
    let fresh = |instances, seed| {
        let sandbox = Sandbox::builder()
            .instances(instances)
            .seed(seed)
            .open(|_| {});
        sandbox.expect("the sandbox opens")
    };
    let one = script_in(&SANDBOX, CHANCE, "", None);
    assert_eq!(one.verdict, Verdict::Passed, "{one:?}");
    let alike = |other: TestReport, how: &str| {
        assert_eq!(other.stdout, one.stdout, "{how}");
        assert_eq!(other.fuel, one.fuel, "{how}");
    };
    alike(script_in(&SANDBOX, CHANCE, "", None), "again");
    let single = fresh(1, 0);
    alike(script_in(&single, CHANCE, "", None), "another sandbox");
    // In the one place there is, after programs that leave as much as they can.
    for before in [
        "import random, gc, time\nrandom.seed(9); gc.disable(); time.sleep(1); x = [bytes(100)] * 10**6",
        "a = []\nwhile True: a.append(bytes(1 << 16))",
        "def f(): return f()\nimport sys; sys.setrecursionlimit(10**8); f()",
        "import os; os._exit(3)",
    ] {
        script_in(&single, before, "", None);
        alike(script_in(&single, CHANCE, "", None), before);
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| script_in(&SANDBOX, CHANCE, "", None)))
            .collect();
        for thread in threads {
            alike(thread.join().expect("a run"), "beside others");
        }
    });
    // Another seed changes what is chance; the same one changes nothing.
    let seven = script_in(&fresh(1, 7), CHANCE, "", None);
    let again = script_in(&fresh(2, 7), CHANCE, "", None);
    assert_eq!(seven.stdout, again.stdout);
    // Each word of the first part is a number or an identifier that is drawn.
    let chance = |r: &TestReport| -> Vec<String> {
        let (chance, _) = r.stdout.split_once("----").expect("two parts");
        chance.split_whitespace().map(str::to_owned).collect()
    };
    for (a, b) in chance(&one).iter().zip(chance(&seven)) {
        assert!(*a != b, "does not depend on the seed: {a}");
    }
}

#[test]
fn clocks_begin_with_the_program() {
    let source = "import time\nclocks = (time.perf_counter, time.monotonic, time.process_time, time.thread_time, \
                  lambda: time.time() - 1_700_000_000)\n\
                  print([0 <= clock() < 0.01 for clock in clocks])\n\
                  time.sleep(2)\nprint([2 <= clock() < 2.01 for clock in clocks])";
    let all = "[True, True, True, True, True]\n";
    let report = script(source, "", Some(&all.repeat(2)));
    assert!(report.verdict.passed(), "{report:?}");
}

#[test]
fn a_seed_changes_nothing_but_chance() {
    let (_, rest) = CHANCE.split_once("print('----')").expect("two parts");
    let source = format!("import random, os\n{rest}");
    let sandbox = Sandbox::builder().instances(1).seed(u64::MAX).open(|_| {});
    let other = script_in(&sandbox.expect("the sandbox opens"), &source, "", None);
    let usual = script_in(&SANDBOX, &source, "", None);
    assert_eq!(other.verdict, Verdict::Passed, "{other:?}");
    assert_eq!(other.stdout, usual.stdout);
}

#[test]
fn the_order_of_tests_and_threads_does_not_show_in_a_function() {
    let source = "import random\ndef solve(n): return random.random()";
    let tests: Vec<Test> = (0..3).map(|n| call([Value::Int(n)], None)).collect();
    let values = |r: Report| -> Vec<_> { r.tests.into_iter().map(|t| t.actual).collect() };
    let first = values(run(source, &tests));
    assert_eq!(first, values(run_with(source, &tests, ROOM)));
    assert!(first[0] != first[1], "{first:?}");
}
