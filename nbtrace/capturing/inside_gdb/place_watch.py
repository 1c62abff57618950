"""Breakpoints that know by which way the program has come to a place, and tell those who wait for it."""

from contextlib import nullcontext

import gdb

from .program_values import evaluate, number_text


class PlaceWatch:
    """A place, and what is done where the program comes to it by a way that counts.

    `act` is called with the number of the thread, and returns True where the program is to stop.
    """

    def __init__(self, way, act):
        self.way, self._act, self._came = way, act, {}

    def passed(self, counts, thread):
        """Note that an instruction has run from which the program may come to the place."""
        self._came[self._key(thread)] = counts

    def reached(self, thread):
        """Act if the program has come by a way that counts; tell whether it is to stop."""
        if self.way.sources and not self._came.pop(self._key(thread), self.way.counts):
            return False
        return self._act(thread)

    def begin(self, thread):
        """Act: the program stands at the place already."""
        return self._act(thread)

    def _key(self, thread):
        if not self.way.framed:
            return thread
        older = gdb.selected_frame().older()
        return thread, int(older.read_register("sp")) if older is not None else 0


class Armed(gdb.Breakpoint):
    """A breakpoint that tells watches that it is reached; the program stops only where one of them wants it to.

    `looking_up` is entered while gdb may look up symbols.
    """

    looking_up = nullcontext()

    def __init__(self, pc, thread):
        gdb.Breakpoint.__init__(self, f"*0x{pc:x}", gdb.BP_BREAKPOINT, internal=True)
        self.silent = True
        self.pc = pc
        self.places, self.sources = [], []
        if thread is not None:
            self.thread = thread

    def _number(self):
        return self.thread or gdb.selected_thread().global_num

    def stop(self):
        """Tell gdb whether to stop."""
        number = self._number()
        stops = False
        with self.looking_up:
            for watch in self.places:
                stops = watch.reached(number) or stops
            for watch, counts in self.sources:
                watch.passed(counts, number)
        return stops

    def begin(self):
        """Do what is done here where the program stands here already."""
        number = self._number()
        for watch in self.places:
            watch.begin(number)


def armed(watches, thread, breakpoint_at=Armed):
    """Return breakpoints for all that watches have to know, in a thread, or in all of them for None."""
    by_address = {}

    def at(pc):
        if pc not in by_address:
            by_address[pc] = breakpoint_at(pc, thread)
        return by_address[pc]

    for watch in watches:
        for pc in watch.way.addresses:
            at(pc).places.append(watch)
        for pc, counts in watch.way.sources.items():
            at(pc).sources.append((watch, counts))
    return list(by_address.values())


class LiveProgram:
    """The program that runs, as a capture arms places in it and reads values where it stands."""

    armed = staticmethod(armed)
    evaluate = staticmethod(evaluate)

    @staticmethod
    def number(text, *, root):
        """Return the value of an expression as text with all its digits; `root` takes the square root."""
        return number_text(evaluate(text), root=root)

    @staticmethod
    def pc():
        """Return the address at which the program stands."""
        return gdb.selected_frame().pc()
