"""The program under gdb: how it starts, goes on and ends."""

import os
import re
import resource
import shlex
import time

import gdb

from .plan_error import PlanError
from .started_processes import children_of, file_of, state_of

_ALL_CHILDREN = 0x40000000
"""`__WALL` of waitpid: threads that were traced, too."""


def prepare():
    """Make gdb say nothing, ask nothing, call nothing and look nothing up."""
    for setting in (
        "pagination off",
        "confirm off",
        "width 0",
        "height 0",
        "disable-randomization off",
        "may-call-functions off",
        "print thread-events off",
        "print inferior-events off",
        "python print-stack none",
        "breakpoint pending off",
        "startup-with-shell on",
        "print elements 200",
    ):
        try:
            gdb.execute("set " + setting, to_string=True)
        except gdb.error:
            continue  # a gdb that lacks it has it off


EVENTS = ("fork", "vfork", "exec")
"""What gdb stops the program for besides its probes: a copy of itself, a process that runs another file, a new self."""

_PAUSE = 0.005


def started(plan):
    """Start the program and let it come to its main function; return the events that stop it, by their numbers."""
    limit_writing(plan)
    streams = "<{} >{} 2>{}".format(*tuple(shlex.quote(plan[name]) for name in ("stdin", "stdout", "stderr")))
    gdb.execute(f"set args {shell_words(plan)} {streams}")
    return come_to_main(plan)


def limit_writing(plan):
    """Limit what the program can write; what gdb starts from now on inherits it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (plan["most_bytes"], resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def leave_word(plan, pid):
    """Leave word of the process that whoever started gdb must end should gdb be killed."""
    with open(plan["process"], "w") as out:
        out.write(str(pid))


def shell_words(plan):
    """Return the arguments of the program as a shell reads them."""
    return " ".join(shlex.quote(word) for word in plan["args"])


def come_to_main(plan):
    """Start the program in its environment; return the events that stop it, by their numbers."""
    for name in ("LINES", "COLUMNS"):
        if name not in plan["environment"]:
            gdb.execute("unset environment " + name)
    gdb.execute("set environment SHELL " + plan["shell"] if plan["shell"] else "unset environment SHELL")
    gdb.execute("handle all nostop noprint pass", to_string=True)
    _come_to_main("run")
    return {re.search(r"\d+", gdb.execute("catch " + event, to_string=True))[0]: event for event in EVENTS}


def load_libraries():
    """Let the program come to its main function, with the libraries that it names, where it has one by that name."""
    try:
        gdb.execute("info address main", to_string=True)
        gdb.execute("set args </dev/null >/dev/null 2>&1")
        _come_to_main("run")
    except (gdb.error, PlanError):
        return


def _come_to_main(command):
    try:
        gdb.execute("tbreak *main", to_string=True)
        gdb.execute(command, to_string=True)
    except gdb.error as error:
        raise PlanError("start", str(error)) from None
    if not alive():
        raise PlanError("start", "it ended before its main function")


def caught(events):
    """Return which of the events that `started` has returned the program stands still for; None for none."""
    found = re.search(r"breakpoint (\d+)", gdb.execute("info program", to_string=True))
    return events.get(found[1]) if found else None


def begin_anew(file):
    """Let a program that has replaced itself by itself come to its main function; refuse one that is another now."""
    if file_of(gdb.selected_inferior().pid) == file:
        _come_to_main("continue")
        return
    with open(f"/proc/{gdb.selected_inferior().pid}/cmdline", "rb") as source:
        words = source.read().decode(errors="replace").split("\0")[:-1]
    raise PlanError("exec", " ".join(shlex.quote(word) for word in words))


def alive():
    """Tell whether the program runs."""
    return gdb.selected_inferior().pid != 0


class ProgramEnd:
    """How the program ends, whoever hears of it: gdb, or this script where gdb has let it go or lost it.

    `has_children` tells, of the time without gdb, whether the program had a process of its own.
    """

    def __init__(self):
        self.code, self.signal, self.told, self.pid = None, None, False, 0
        self.file, self.replaced = None, False
        self.has_children = False
        gdb.events.exited.connect(self._exited)

    def watch(self):
        """Take note of the program, which stands at its main function."""
        self.pid = gdb.selected_inferior().pid
        self.file, self.has_children = file_of(self.pid), bool(children_of(self.pid))

    def go_on(self):
        """Let the program run to its next stop or its end; tell whether gdb still knows it."""
        try:
            gdb.execute("continue", to_string=True)
        except gdb.error as error:
            # gdb asks for registers of a thread that has ended with the program, before it hears of the end.
            if "No such process" in str(error):
                self._wait()
                return False
            # it has become another program, in which the armed places are not to be found
            if "Cannot insert breakpoint" not in str(error):
                raise
            self.replaced = True
        return True

    def let_go(self):
        """Detach from the program, of which nothing more is wanted, and wait for its end."""
        gdb.events.exited.disconnect(self._exited)  # to gdb this is an end, too
        gdb.execute("detach", to_string=True)
        self._wait()

    def _wait(self):
        while not self.told:
            ended, waited_for = state_of(self.pid)
            self.has_children |= waited_for or bool(children_of(self.pid))
            if ended:
                break
            time.sleep(_PAUSE)
        while not self.told:
            try:
                pid, status = os.waitpid(-1, _ALL_CHILDREN)
            except ChildProcessError:
                self.told = True
                return
            if pid == self.pid and (os.WIFEXITED(status) or os.WIFSIGNALED(status)):
                self.told = True
                self.code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
                self.signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None

    def _exited(self, event):
        self.told = True
        self.code = getattr(event, "exit_code", None)
        signal = gdb.convenience_variable("_exitsignal")
        if self.code is None and signal is not None and signal.type.code != gdb.TYPE_CODE_VOID:
            self.signal = int(signal)
