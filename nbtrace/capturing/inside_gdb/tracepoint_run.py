"""Tracepoints of gdbserver in place of breakpoints: all is collected while the program runs, and read at its end.

A hit costs two switches between processes and not a conversation with gdb. What is collected is put before the same
selection of turns, ways and hits as a breakpoint's stop is (`staged_arming.py`). Whatever this cannot be sure of raises
:class:`DeclinedError`; breakpoints do it then.
"""

import io
import os
import re
import shlex
import shutil

import gdb

from .place_watch import LiveProgram, armed
from .plan_error import PlanError
from .program_values import elements
from .staged_arming import Capture
from .started_processes import StartedAnew, children_of
from .trace_frames import FrameError, trace_frames
from .traced_program import ProgramEnd, come_to_main, leave_word, limit_writing, shell_words
from .traced_values import collected_value, is_integer

MARGIN_BYTES = 1 << 20
"""Room that is left where no frame was lost: one that finds none as the program ends is not reported."""

_THREAD_POINTER = 544
"""Offset of fs_base, which tells threads apart, in the block of registers: behind those of SSE and orig_rax."""


class DeclinedError(Exception):
    """Why this program cannot be followed by tracepoints."""


class CollectedRun:
    """What was collected of a run, frame by frame, as a capture arms places in it and reads values from it."""

    def __init__(self):
        self.frame, self._pc, self._values, self._armed = None, 0, {}, []
        self._live = {}

    def pc(self):
        """Return the address at which the frame was collected."""
        return self._pc

    def learn(self, pc, text):
        """Take note of an expression at a place where the program seems to stand; return what is to be collected."""
        if (pc, text) not in self._values:
            try:
                self._values[pc, text] = collected_value(text)
            except gdb.error as error:
                raise DeclinedError(f"{text} is nothing that they collect ({error})") from None
        return self._values[pc, text].collected

    def begun(self, pc):
        """Take note of what gdb itself reads where the program comes to a place for the first time."""
        texts = [text for place, text in self._values if place == pc]
        self._live[pc] = {text: LiveProgram.number(text, root=False) for text in texts}

    def evaluate(self, text):
        """Return the value of an expression in the frame."""
        if is_integer(text):
            return int(text)
        return self._values[self._pc, text].value(self.frame)

    def number(self, text, *, root):
        """Return the value of an expression as text with all its digits; `root` takes the square root."""
        return self._values[self._pc, text].number(self.frame, root=root)

    def armed(self, watches, thread):
        """Return what tells watches that a frame is theirs."""
        return armed(watches, thread, self._place)

    def _place(self, pc, thread):
        place = ReplayedPlace(pc, thread, self._armed)
        self._armed.append(place)
        return place

    def replay(self, pc, frame):
        """Do what is done where the program stops at an address."""
        self._pc, self.frame = pc, frame
        for text, number in self._live.pop(pc, {}).items():
            if self.number(text, root=False) != number:
                raise DeclinedError(f"{text} is not read as gdb reads it")
        for place in [place for place in self._armed if place.pc == pc]:
            place.stop()

    def require_all(self):
        """Refuse a run in which the program has come to a place and no frame is of it."""
        if self._live:
            raise DeclinedError("gdbserver has collected nothing at a place to which it has come")


class ReplayedPlace:
    """Tells watches that a frame was collected at their place, as a breakpoint does that the program stands there."""

    def __init__(self, pc, thread, held):
        self.pc, self.thread, self._held = pc, thread, held
        self.places, self.sources = [], []

    def stop(self):
        """Tell the watches."""
        for watch in self.places:
            watch.reached(1)
        for watch, counts in self.sources:
            watch.passed(counts, 1)

    def begin(self):
        """Do what is done here where the program stands here already."""
        for watch in self.places:
            watch.begin(1)

    def delete(self):
        """Take it back."""
        self._held.remove(self)


def trace(plan, report):
    """Run the program to its end under gdbserver; a report with `declined` tells why that is not to be relied on."""
    try:
        _trace(plan, report)
    except DeclinedError as error:
        report["declined"] = str(error)
    except PlanError as error:
        report["declined"] = error.document["text"]
    except (gdb.error, FrameError, OSError, ValueError) as error:
        report["declined"] = str(error) or type(error).__name__


def _trace(plan, report):
    server = _connected(plan)
    leave_word(plan, server)
    come_to_main(plan)
    ended = ProgramEnd()
    ended.watch()
    if "x86-64" not in gdb.selected_inferior().architecture().name():
        raise DeclinedError("its machine is not x86-64")
    collected = CollectedRun()
    with open(plan["hits"], "w") as hits:
        capture = Capture(plan, hits, collected)
        capture.begin()
        for error in capture.missing.values():
            raise error
        places = _tracepoints(plan, capture, collected)
        registers = bytes.fromhex(_packet("g").replace("x", "0"))
        own = _thread_pointer(registers)
        if own != int(gdb.parse_and_eval("$fs_base")):
            raise DeclinedError("its registers are laid out otherwise than expected")
        gdb.execute("tstart", to_string=True)
        _go_to_the_end(ended, StartedAnew(plan["files"]), collected, places.values())
        count = _frame_count()
        with _buffer(server, plan["buffer_bytes"]) if count else io.BytesIO() as stream:
            for frame in trace_frames(stream, count, len(registers)):
                if _thread_pointer(frame.registers) != own:
                    raise DeclinedError("several of its threads come to the probes")
                collected.replay(places[frame.number], frame)
                if capture.waiting:
                    capture.settle()
                if capture.finished:
                    break
            if not capture.finished:
                collected.require_all()
    reader = capture.reader
    for why in reader.unread.values():
        raise DeclinedError(why)
    report.update(
        exit_code=ended.code,
        exit_signal=ended.signal,
        counts=reader.counts,
        arrivals={number: list(seen.items()) for number, seen in reader.arrivals.items()},
        seen=capture.seen,
        flooded=capture.flooded,
        producer=capture.producer,
    )


def _connected(plan):
    """Start gdbserver, by which the program is to be started; return its process."""
    limit_writing(plan)
    streams = "<{} >{} 2>{}".format(*tuple(shlex.quote(plan[name]) for name in ("stdin", "stdout", "stderr")))
    start = plan["report"] + ".sh"
    with open(start, "w") as out:
        out.write(f'exec "$1" {shell_words(plan)} {streams}\n')
    if re.search(r"[^\w./+-]", start):
        raise DeclinedError("its folder has an unusual name")
    server = shutil.which("gdbserver")
    if server is None:
        raise DeclinedError("gdbserver is not installed")
    gdb.execute("set sysroot /")
    gdb.execute(f"set trace-buffer-size {plan['buffer_bytes']}")
    gdb.execute("set circular-trace-buffer off")
    gdb.execute(
        f"target extended-remote | exec {shlex.quote(server)} --multi --once --wrapper /bin/sh {start} -- -",
        to_string=True,
    )
    gdb.execute("set remote exec-file " + gdb.current_progspace().filename)
    gdb.execute("set args")
    for pid in children_of(os.getpid()):
        if os.path.samefile(f"/proc/{pid}/exe", server):
            return pid
    raise DeclinedError("gdbserver is out of sight")


def _packet(text):
    """Return what gdbserver answers."""
    answer = gdb.selected_inferior().connection.send_packet(text)
    return answer.decode() if answer else ""


def _thread_pointer(registers):
    return int.from_bytes(registers[_THREAD_POINTER : _THREAD_POINTER + 8], "little")


def _tracepoints(plan, capture, collected):
    """Set a tracepoint at every address that is waited for; return their addresses by their numbers."""
    wanted = {}
    for loop, code in zip(capture.loops, capture.level_codes):  # noqa: B905 - of Python 3.10
        _want(wanted, code, [loop["variable"]])
    for probe, code in capture.codes:
        _want(wanted, code, _texts(plan, probe, code))
    script, addresses = plan["report"] + ".gdb", sorted(wanted)
    held = {name: int(gdb.parse_and_eval(name)) for name in ("$pc", "$rbp", "$sp")}
    try:
        gdb.execute(f"set $rbp = {held['$sp']}")
        actions = {pc: _actions(pc, wanted[pc], collected) for pc in addresses}
    finally:
        gdb.execute(f"set $pc = {held['$pc']}")
        gdb.execute(f"set $rbp = {held['$rbp']}")
    with open(script, "w") as out:
        for pc in addresses:
            lines = "".join(f"collect {text}\n" for text in actions[pc])
            out.write(f"trace *0x{pc:x}\nactions\ncollect $regs\n{lines}end\n")
    said = gdb.execute("source " + script, to_string=True)
    numbers = [int(number) for number in re.findall(r"(?m)^Tracepoint (\d+) at", said)]
    if len(numbers) != len(addresses):
        raise DeclinedError("a tracepoint cannot be set at one of the places")
    return dict(zip(numbers, addresses))  # noqa: B905 - of Python 3.10


def _want(wanted, code, texts):
    if code.way.framed:
        raise DeclinedError("by which way it comes to a place is told by its frames alone")
    for pc in code.way.addresses:
        wanted.setdefault(pc, []).extend(texts)
    for pc in code.way.sources:
        wanted.setdefault(pc, [])


def _texts(plan, probe, code):
    """Return the expressions that are evaluated at a probe."""
    texts = [text for text, _ in probe["when"]] + [text for _, text in probe["index"]]
    if code.function is None or code.function.name == plan["selection"]["function"]:
        texts += [loop["variable"] for loop in plan["selection"]["loops"]]
    if plan["image"] and probe["number"] == plan["image"]["probe"]:
        texts.append(plan["image"]["width"])
    for quantity in probe["quantities"]:
        for expression in quantity["expressions"]:
            try:
                texts += elements(expression, code.returned, int)
            except ValueError:
                raise DeclinedError(f"how many elements {quantity['name']} has is known only as it runs") from None
    return texts


def _actions(pc, texts, collected):
    """Return what is to be collected at an address for some expressions."""
    gdb.execute(f"set $pc = {pc}")
    return list(dict.fromkeys(part for text in texts for part in collected.learn(pc, text)))


def _go_to_the_end(ended, anew, collected, places):
    """Let the program run to its end; it stops where it comes to a place for the first time."""
    with anew:
        first = {pc: gdb.Breakpoint(f"*0x{pc:x}", internal=True) for pc in places}
    ended.go_on()
    while not ended.told:
        with anew:
            pc = gdb.selected_frame().pc()
            if pc not in first:
                raise DeclinedError("it starts other processes, or becomes another program")
            first.pop(pc).delete()
            collected.begun(pc)
        ended.go_on()
    with anew:
        pass
    if anew.counted > 0:
        raise DeclinedError("it starts processes in which it runs")


def _frame_count():
    """Return how many frames were collected, if nothing was lost."""
    said = _packet("qTStatus")
    held = dict(part.partition(":")[::2] for part in said.split(";"))
    if "tfull" in held or int(held.get("tfree", "0"), 16) < MARGIN_BYTES:
        raise DeclinedError("there are more hits than the buffer for them holds")
    count = int(held.get("tframes", "0"), 16)
    if "terror" in held or count != int(held.get("tcreated", "-1"), 16):
        raise DeclinedError("gdbserver has lost some of what it has collected")
    return count


def _buffer(server, buffer_bytes):
    """Return a stream of what gdbserver has collected, from its memory.

    Asked for by gdb's protocol it would come two thousand bytes at a time. What begins it was asked for, to know it by.
    """
    first = bytes.fromhex(_packet("qTBuffer:0,400"))
    stream = open(f"/proc/{server}/mem", "rb", buffering=1 << 20)  # noqa: SIM115 - the caller closes it
    with open(f"/proc/{server}/maps") as maps:
        for line in maps:
            low, high = (int(end, 16) for end in line.split()[0].split("-"))
            if high - low < buffer_bytes or " rw" not in line:
                continue
            stream.seek(low + 16)
            if stream.read(len(first)) == first:
                stream.seek(low + 16)
                return stream
    stream.close()
    raise DeclinedError("what gdbserver has collected is not found")
