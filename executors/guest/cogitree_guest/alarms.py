"""Alarms: `signal.alarm` and `signal.setitimer`, by which programs limit their own time.

Time passes only while a program sleeps, so that is when an alarm rings. Nothing rings in a loop that
never ends: the sandbox's own limit ends that.
"""

import builtins
import operator
import os
import signal
import sys
import time

__builtins__ = dict(vars(builtins))


class Timer:
    """The one alarm that there is."""

    def __init__(self):
        self.due = None  # when it rings, by the monotonic clock
        self.interval = 0.0  # after which it rings again; 0 for once

    def left(self):
        return 0.0 if self.due is None else max(self.due - time.monotonic(), 1e-6)

    def set(self, seconds, interval):
        if not (seconds >= 0 and interval >= 0):
            raise OSError(22, "Invalid argument")
        before = self.left(), self.interval
        self.due = time.monotonic() + seconds if seconds else None
        self.interval = interval
        return before


def install():
    timer = Timer()
    number = int(signal.SIGALRM)
    sleep, monotonic, leave, handler_of = time.sleep, time.monotonic, os._exit, signal.getsignal

    def nap(seconds, /):
        if timer.due is None:
            return sleep(seconds)
        end = monotonic() + seconds
        while seconds >= 0 and timer.due is not None and timer.due <= end:
            sleep(max(timer.due - monotonic(), 0))
            timer.due = timer.due + timer.interval if timer.interval else None
            ring(sys._getframe(1))
            seconds = max(end - monotonic(), 0)
        return sleep(seconds)

    def ring(frame):
        handler = handler_of(number)
        if handler == signal.SIG_DFL:
            leave(128 + number)  # as a shell tells it of a process that was ended by this signal
        if handler != signal.SIG_IGN:
            handler(number, frame)

    def alarm(seconds, /):
        left, _ = timer.set(operator.index(seconds), 0.0)
        return int(-(-left // 1))  # rounded up: one that is set is never told as 0

    def setitimer(which, seconds, interval=0.0, /):
        # The other two count processor time, which does not pass here.
        if which != signal.ITIMER_REAL:
            return (0.0, 0.0)
        return timer.set(float(seconds), float(interval))

    def getitimer(which, /):
        return (timer.left(), timer.interval) if which == signal.ITIMER_REAL else (0.0, 0.0)

    time.sleep = nap
    signal.alarm, signal.setitimer, signal.getitimer = alarm, setitimer, getitimer
    signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF = 0, 1, 2
    signal.ItimerError = OSError
