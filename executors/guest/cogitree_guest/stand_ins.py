"""Stand-ins for what needs an operating system: threads, event loops, deep recursion in C."""

import asyncio
import builtins
import concurrent.futures
import concurrent.futures.thread
import functools
import importlib.util
import selectors
import sys
import threading
import time

__builtins__ = dict(vars(builtins))


def install():
    run_threads_in_line()
    run_event_loops_without_sockets()
    recurse_through_caches_in_python()


def run_threads_in_line():
    """There are no threads here: `start()` runs the thread to its end. This serves the common
    idiom of a thread with a larger stack."""

    def start(self):
        if self._started.is_set():
            raise RuntimeError("threads can only be started once")
        self._started.set()
        try:
            self.run()
        except SystemExit:
            pass
        except BaseException:
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self)))

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
