"""Stand-ins for what needs an operating system: threads, event loops, clocks, limits of the system; and
for what recurses deeply in C."""

import asyncio
import builtins
import concurrent.futures
import concurrent.futures.thread
import functools
import importlib.util
import queue
import selectors
import sys
import threading
import time
import types

import _thread

from .refusals import refused

__builtins__ = dict(vars(builtins))


def install():
    find_deadlocks()
    run_threads_in_line()
    run_event_loops_without_sockets()
    recurse_through_caches_in_python()
    tell_one_time()
    sys.modules["resource"] = resource()


def find_deadlocks():
    """Whoever waits for a lock here waits for ever, since nothing else runs: an error that says so,
    where the interpreter would abort. With a time limit, the time passes."""

    class Lock:
        def __init__(self):
            self.held = False

        def acquire(self, blocking=True, timeout=-1):
            if not self.held:
                self.held = True
                return True
            if not blocking:
                return False
            if timeout < 0:
                raise RuntimeError("deadlock: threads run one after another here, and none is left "
                                   "that could release this")
            time.sleep(timeout)
            return False

        def release(self):
            if not self.held:
                raise RuntimeError("release unlocked lock")
            self.held = False

        def locked(self):
            return self.held

        def __enter__(self):
            return self.acquire()

        def __exit__(self, *error):
            self.release()

        acquire_lock, release_lock, locked_lock = acquire, release, locked

    Lock.__name__ = Lock.__qualname__ = "lock"
    Lock.__module__ = "_thread"
    for name in ("allocate_lock", "allocate", "lock", "LockType"):
        setattr(_thread, name, Lock)
    threading.Lock = threading._allocate_lock = Lock
    queue.SimpleQueue = queue._PySimpleQueue  # the one written in C has locks of its own


def run_threads_in_line():
    """There are no threads here: `start()` runs the thread to its end. This serves the common
    idiom of a thread with a larger stack."""

    def start(self):
        if self._started.is_set():
            raise RuntimeError("threads can only be started once")
        self._started.set()
        ident, running = threading.get_ident(), threading.current_thread()
        self._ident = ident
        threading._active[ident] = self
        try:
            self.run()
        except SystemExit:
            pass
        except BaseException:
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self)))
        finally:
            threading._active[ident] = running

    def start_new_thread(function, args, kwargs={}):
        threading.Thread(target=function, args=args, kwargs=kwargs).start()
        return threading.get_ident()

    def submit(self, function, /, *args, **kwargs):
        future = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future

    pool = concurrent.futures.thread.ThreadPoolExecutor
    threading.Thread.start = start
    threading.Thread.join = lambda self, timeout=None: None
    threading.Thread.is_alive = lambda self: False
    threading.stack_size = lambda size=0: 0
    _thread.start_new_thread = _thread.start_new = start_new_thread
    pool.submit = submit
    pool.shutdown = lambda self, wait=True, *, cancel_futures=False: None


def run_event_loops_without_sockets():
    """An event loop wakes itself through a pair of sockets; ours has nothing to wait for but
    time."""

    class Selector(selectors._BaseSelectorImpl):
        def select(self, timeout=None):
            if timeout:
                time.sleep(timeout)
            return []

    class Loop(asyncio.SelectorEventLoop):
        def __init__(self):
            super().__init__(Selector())

        def _make_self_pipe(self):
            pass

        def _close_self_pipe(self):
            pass

        def _write_to_self(self):
            pass

        def add_signal_handler(self, *args):
            raise NotImplementedError

        def close(self):
            asyncio.base_events.BaseEventLoop.close(self)

    def new_event_loop():
        return Loop()

    asyncio.new_event_loop = asyncio.events.new_event_loop = new_event_loop


def recurse_through_caches_in_python():
    """The cache wrapper written in C takes a piece of the small C stack at each level, so a
    cached recursion ends after some hundred levels; the one in Python takes none."""
    spec = importlib.util.find_spec("functools")
    pure = importlib.util.module_from_spec(spec)
    ours = sys.modules.get("_functools")
    sys.modules["_functools"] = None  # so that the import of the C wrapper fails
    try:
        spec.loader.exec_module(pure)
    finally:
        sys.modules["_functools"] = ours
    wrapper = pure._lru_cache_wrapper
    wrapper.__globals__.update(_CacheInfo=functools._CacheInfo, _make_key=functools._make_key)
    functools._lru_cache_wrapper = wrapper


def tell_one_time():
    """The clock of the process was started when the snapshot was made: it would tell how long ago, in a
    way, that was. Processor time is the virtual time."""
    monotonic, monotonic_ns = time.monotonic, time.monotonic_ns

    def process_time():
        return monotonic()

    def process_time_ns():
        return monotonic_ns()

    time.process_time = time.thread_time = process_time
    time.process_time_ns = time.thread_time_ns = process_time_ns


def resource():
    """The module `resource`, which programs import to have a larger stack. That they may ask for; the
    limits of the sandbox are not theirs to change."""
    module = types.ModuleType("resource", "A stand-in: the limits are those of the sandbox.")
    names = "CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS".split()
    for number, name in enumerate(names):
        setattr(module, "RLIMIT_" + name, number)

    def getrlimit(which):
        return (module.RLIM_INFINITY, module.RLIM_INFINITY)

    def setrlimit(which, limits):
        if which != module.RLIMIT_STACK:
            raise refused("limits of the system")

    module.RLIM_INFINITY = -1
    module.RUSAGE_SELF, module.RUSAGE_CHILDREN = 0, -1
    module.error = OSError
    module.getrlimit, module.setrlimit = getrlimit, setrlimit
    return module
