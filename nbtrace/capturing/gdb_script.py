"""What runs inside gdb: it finds the places of the probes, arms them turn by turn, and writes down what it reads.

gdb runs this file with its own Python, which may be as old as 3.8 and has no nbtrace: nothing is imported of it but the
readers of source text beside this file. The plan comes as JSON, whose name is in `nbtrace_plan`; hits go out as lines
of JSON, the rest as one document. `gdb_run.py` writes the plan and reads both.
"""

import json
import math
import os
import re
import sys
from typing import Any

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - as all of gdb's scripts do

import source_places as places
from fortran_statements import FortranReader
from source_statements import CReader, SourceError, StatementKind

MOST_HITS = 1000000
MOST_ELEMENTS = 4096
MOST_TURNS = 10000
_FORTRAN = (".f90", ".f95", ".f03", ".f08", ".f", ".for", ".ftn", ".f77")
_FIXED = (".f", ".for", ".ftn", ".f77")
_OUTLINED = re.compile(r"\.(?:_omp_fn|omp_outlined|constprop|isra|part|cold|lto_priv|llvm)\b")
_CODES = {
    gdb.TYPE_CODE_INT: "int",
    gdb.TYPE_CODE_ENUM: "int",
    gdb.TYPE_CODE_BOOL: "int",
    gdb.TYPE_CODE_CHAR: "int",
    gdb.TYPE_CODE_FLT: "float",
}
_ALL_CHILDREN = 0x40000000
"""`__WALL` of waitpid: threads that were traced, too."""
_REFERENCES = (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF)


class PlanError(Exception):
    """Why a plan cannot be carried out: what kind of reason, in words, and the names that there are."""

    def __init__(self, kind, text, word="", names=()):
        Exception.__init__(self, text)
        self.document = {"kind": kind, "text": text, "word": word, "names": list(names)[:5000]}


class CompiledFunction:
    """A function of the program that has debug information."""

    def __init__(self, name):
        self.name = name
        symtab, self.symbol = _located(name)
        self.file = symtab.fullname()
        self.symtab = symtab
        self.lines = None
        self._body = None
        self._linetable = None

    @property
    def body(self):
        """Its statements, from the text of its source."""
        if self._body is None:
            low = self.file.lower()
            try:
                with open(self.file, encoding="latin-1") as source:  # noqa: PTH123
                    text = source.read()
            except OSError:
                raise PlanError("source", f"the source of {self.name}, {self.file}, is not there") from None
            self.lines = text.split("\n")
            reader = FortranReader(text, fixed=low.endswith(_FIXED)) if low.endswith(_FORTRAN) else CReader(text)
            try:
                self._body = reader.function(self.symbol.line)
            except RecursionError:
                raise PlanError("source", f"{self.file} is nested too deeply to be taken apart") from None
        return self._body

    def has(self, pc):
        """Tell whether an address is in this function, or in what the compiler made of a part of it."""
        block = gdb.block_for_pc(pc)
        while block is not None and not block.is_static and not block.is_global:
            name = block.function.name if block.function is not None else ""
            if name == self.symbol.name or (name.startswith(self.symbol.name) and _OUTLINED.search(name)):
                return True
            if _OUTLINED.search(name) and block.function.symtab.fullname() == self.file:
                return True
            block = block.superblock
        return False

    def code_at(self, line):
        """Return the addresses at which a line begins in this function."""
        if not self.symtab.linetable().has_line(line):
            return []
        try:
            found = gdb.decode_line(f"{_quoted(self.file)}:{line}")[1] or ()
        except gdb.error:
            return []
        return sorted({at.pc for at in found if at.line == line and at.pc and self.has(at.pc)})

    def code_of(self, spans):
        """Return the line and the addresses of the first line of statements that has code."""
        for first, last in spans:
            for line in range(first, last + 1):
                found = self.code_at(line)
                if found:
                    return line, found
        return 0, []

    def table(self):
        """Return (line, address) of everything compiled for this function."""
        if self._linetable is None:
            self._linetable = sorted((at.pc, at.line) for at in self.symtab.linetable() if at.line and self.has(at.pc))
        return self._linetable

    def behind(self, through, loop):
        """Return a line and the addresses of which the program comes to one first behind the last statement of a loop.

        They are those of the line in which the loop begins, or ends: the first that is reached then is its increment,
        wherever the compiler has put it.
        """
        heads = [line for line in loop if not through[0] <= line <= through[1]]
        found = [pc for pc, line in self.table() if line in heads]
        return (heads[0], found) if found else (0, [])


def _quoted(name):
    return f"'{name}'" if re.search(r"[\s:'\"]", name) else name


def _located(name):
    """Return the symbol table and the symbol of a function."""
    try:
        found = [at for at in gdb.decode_line(name)[1] or () if at.pc]
    except gdb.error:
        found = []
    if not found:
        names = function_names()
        if not names:
            raise PlanError("debug", "it has no debug information")
        raise PlanError("unknown", f"the program has no function {name}", name, names)
    for at in found:
        block = gdb.block_for_pc(at.pc)
        while block is not None and block.function is None:
            block = block.superblock
        if at.symtab is not None and block is not None:
            return at.symtab, block.function
    raise PlanError("debug", f"{name} has no debug information in this program")


def function_names():
    """Return the functions that have debug information."""
    text = gdb.execute("info functions -n -q", to_string=True)
    names = (_declared(line) for line in text.split("\n") if re.match(r"\d+:", line))
    return list(dict.fromkeys(name for name in names if name))


def _declared(line):
    """Return the name of the function that a line declares."""
    line = re.sub(r"(?:\s+(?:const|volatile|&+))*\s*;?\s*$", "", line)
    depth, at = 0, len(line)
    while line.endswith(")") and at > 0:
        at -= 1
        depth += (line[at] == ")") - (line[at] == "(")
        if depth == 0:
            break
    match = re.search(r"([A-Za-z_~][\w:~.]*)\s*$", line[:at])
    return match[1] if match else ""


class PlaceCode:
    """Where a place is in the compiled program."""

    def __init__(self, function, addresses, line, through=(), returned=None, *, jumps=True):
        self.function, self.addresses, self.line = function, addresses, line
        self.through, self.returned, self.jumps = through, returned, jumps


class Resolver:
    """Finds the places of a plan in the program."""

    def __init__(self, plan):
        self.plan = plan
        self._functions = {}
        self._nest = None

    def function(self, name):
        """Return a function by its name."""
        if name not in self._functions:
            self._functions[name] = CompiledFunction(name)
        return self._functions[name]

    def nest(self):
        """Return the selected loops, and the function that they are in."""
        selection = self.plan["selection"]
        names = [loop["name"] for loop in selection["loops"]]
        if not names:
            return None, []
        if self._nest is None:
            function = self.function(selection["function"])
            own = [
                probe["place"] for probe in self.plan["probes"] if probe["place"]["function"] == selection["function"]
            ]
            wanted = tuple(place["loop"] for place in own if place["loop"] and place["loop"] not in names)
            self._nest = function, places.nested(function.body, tuple(names), tuple(dict.fromkeys(wanted)))
        return self._nest

    def levels(self):
        """Return where the turns of the selected loops begin."""
        function, loops = self.nest()
        found = []
        for loop in loops:
            line, addresses = function.code_of(places.first_of(loop).spans)
            if not addresses:
                raise PlanError("optimised", f"no code is left at the beginning of the loop in line {loop.first}")
            found.append(PlaceCode(function, addresses, line))
        return found

    def probe(self, probe):
        """Return where a probe stands."""
        place = probe["place"]
        if place["line"]:
            return self._line(place)
        function = self.function(place["function"])
        block = self._block(function, place)
        if place["returned"]:
            return self._call(function, block, place)
        if place["text"]:
            last = max(function.body.last, function.body.first)
            at = places.with_text(function.lines, place["text"], function.body.first, last)
        elif place["before"]:
            at = places.before_assignment(block, place["before"])
        else:
            at = places.after_assignment(block, place["after"])
        line, addresses = function.code_of(at.spans)
        through = ()
        if not addresses and at.loop:
            line, addresses = function.behind(at.through, at.loop)
            through = function.code_of((at.through,))[1][:1]
        if not addresses:
            raise PlanError("optimised", "the compiler has left no code at this place")
        return PlaceCode(function, addresses, line, through, jumps=at.jumps)

    def _line(self, place):
        name, line = place["line"]
        try:
            found = gdb.decode_line(f"{_quoted(name)}:{line}")[1] or ()
        except gdb.error as error:
            raise PlanError("unknown", str(error).rstrip("."), name, source_names()) from None
        addresses = sorted({at.pc for at in found if at.pc and at.line == line})
        if not addresses:
            raise PlanError("unknown", f"no code was compiled for line {line} of {name}")
        return PlaceCode(None, addresses, line)

    def _block(self, function, place):
        """Return the loop that a place is in, inside the selected ones where it can be; else the body."""
        name = place["loop"]
        owner, loops = self.nest()
        inside = loops if owner is function else []
        if not name:
            return function.body
        for loop in inside:
            if name.partition(":")[0] in loop.variables:
                return loop
        return places.nested(inside[-1] if inside else function.body, (name,))[0]

    def _call(self, function, block, place):
        name = place["returned"]
        called = self.function(name)
        sites = []
        for start, end in sorted({_bounds(pc) for pc, _ in function.table()}):
            for code in gdb.selected_inferior().architecture().disassemble(start, end - 1):
                target = re.search(rf"^(?:call\w*|bl)\s.*<{re.escape(name)}(?:@plt)?>", code["asm"])
                line = gdb.find_pc_line(code["addr"]).line
                if target and block.first <= line <= block.last:
                    sites.append((line, code["addr"] + code["length"]))
        if len(sites) < place["call"]:
            left = f"{len(sites)} call{'s' * (len(sites) != 1)} of {name}" if sites else f"no call of {name}"
            raise PlanError("optimised", f"the compiler has left {left} at this place")
        line, pc = sorted(sites)[place["call"] - 1]
        return PlaceCode(function, [pc], line, returned=_register(called.symbol.type.target()))


def _bounds(pc):
    block = gdb.block_for_pc(pc)
    while block.function is None and block.superblock is not None:
        block = block.superblock
    return block.start, block.end


def source_names():
    """Return the source files that the debug information names."""
    text = gdb.execute("info sources", to_string=True)
    return sorted({os.path.basename(name.strip()) for name in re.split(r"[,\n]", text) if "." in name})  # noqa: PTH119


def _register(kind):
    """Return the expression for what a function of this type has returned."""
    kind = kind.strip_typedefs()
    machine = gdb.selected_inferior().architecture().name()
    sort = _CODES.get(kind.code)
    if sort is None or kind.sizeof > 8:
        raise PlanError("usage", f"a function that returns {kind} is not read")
    if "x86-64" in machine:
        floats = {8: "$xmm0.v2_double[0]", 4: "$xmm0.v4_float[0]"}
        return floats[kind.sizeof] if sort == "float" else f"({kind})$rax"
    if "aarch64" in machine:
        floats = {8: "$v0.d.f[0]", 4: "$v0.s.f[0]"}
        return floats[kind.sizeof] if sort == "float" else f"({kind})$x0"
    raise PlanError("usage", f"what a function returns is not read on {machine}")


# What is checked before the program runs.


def in_scope(pc):
    """Return the symbols that can be named at an address, those of the innermost block first."""
    found = {}
    block = gdb.block_for_pc(pc)
    while block is not None:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument or symbol.is_constant:
                found.setdefault(symbol.name, symbol)
        block = block.superblock
    return found


def availability(pc):
    """Return, of the variables of the function at an address, whether each has a value there, as far as is known."""
    text = gdb.execute(f"info scope *0x{pc:x}", to_string=True)
    told = {}
    for part in re.split(r"^Symbol ", text, flags=re.MULTILINE)[1:]:
        name = part.split(" ", 1)[0]
        if name in told:  # an inner variable hides it
            continue
        if "optimized out" in part.split("\n")[0]:
            told[name] = False
        elif "multi-location" in part:
            ranges = re.findall(r"Range 0x([0-9a-f]+)-0x([0-9a-f]+): (.*)", part)
            told[name] = any(
                int(low, 16) <= pc < int(high, 16) and "optimized out" not in what for low, high, what in ranges
            )
    return told


def check_probe(probe, code, loops):
    """Return what is not to be read of a probe: (quantity or None, variable, reason, names in scope)."""
    missing = []
    for pc in code.addresses[:1]:
        known, told = in_scope(pc), availability(pc)
        for quantity, name in _variables(probe, code, loops):
            if name in known:
                if told.get(name, True) is False:
                    missing.append((quantity, name, "optimised", []))
            elif gdb.lookup_symbol(name, gdb.block_for_pc(pc))[0] is None:
                missing.append((quantity, name, "unknown", sorted(known)))
    return missing


def _variables(probe, code, loops):
    for quantity in probe["quantities"]:
        for name in quantity["names"]:
            yield quantity["name"], name
    for name in probe["names"]:
        yield None, name
    if code.function is not None and code.function.name == loops.get("function"):
        for name in loops["names"]:
            yield None, name


# Reading and writing.


def number_text(value, *, root=False):
    """Return a value as text with all its digits; `root` takes the square root.

    Raises
    ------
    gdb.error
        If it has no value here, or is no number.
    """
    kind = value.type.strip_typedefs()
    while kind.code in _REFERENCES:
        value = value.referenced_value()
        kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_RANGE:
        kind = kind.target().strip_typedefs()
    sort = _CODES.get(kind.code)
    if sort is None:
        msg = f"it is no number but of type {value.type}; name one element or member"
        raise gdb.error(msg)
    if root:
        return f"{math.sqrt(float(value)):.17g}"
    if sort == "int":
        return str(int(value))
    if kind.sizeof > 8:
        if value.is_optimized_out:
            raise gdb.error("value has been optimized out")
        return str(value)
    return f"{float(value):.{9 if kind.sizeof == 4 else 17}g}"


def elements(expression, returned):
    """Return the expressions in the program's language, one for each number."""
    text = returned if expression["text"] == "return" and returned else expression["text"]
    if not expression["low"]:
        return [text]
    low, high = (int(evaluate(expression[end])) for end in ("low", "high"))
    if not 0 <= high - low < MOST_ELEMENTS:
        raise gdb.error(f"{expression['low']}..{expression['high']} is {low}..{high} here")
    return [text.replace("{}", str(at)) for at in range(low, high + 1)]


_symbols: "dict[tuple[int, str], Any]" = {}
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*").fullmatch
_ELEMENT = re.compile(r"([A-Za-z_]\w*)\[(\d+)\]").fullmatch


def evaluate(text):
    """Return the value of an expression where the program stands; that of a plain name is not parsed."""
    element = _ELEMENT(text)
    name = element[1] if element else text
    if not _PLAIN_NAME(name):
        return gdb.parse_and_eval(text)
    frame = gdb.selected_frame()
    key = frame.pc(), name
    if key not in _symbols:
        try:
            symbol = gdb.lookup_symbol(name, frame.block())[0]
        except (gdb.error, RuntimeError):
            symbol = None
        _symbols[key] = symbol if symbol is not None and (symbol.is_variable or symbol.is_argument) else None
    symbol = _symbols[key]
    if symbol is None or symbol.symtab is None:
        return gdb.parse_and_eval(text)
    if symbol.type.code != gdb.TYPE_CODE_ARRAY and element:
        return gdb.parse_and_eval(text)
    value = symbol.value(frame) if symbol.needs_frame else symbol.value()
    return value[int(element[2])] if element else value


class Armed(gdb.Breakpoint):
    """A breakpoint that calls a function when it is reached; the program stops only where that returns True."""

    def __init__(self, pc, reached, thread=None):
        gdb.Breakpoint.__init__(self, f"*0x{pc:x}", gdb.BP_BREAKPOINT, internal=True)
        self.silent = True
        self.pc = pc
        self._reached = reached
        if thread is not None:
            self.thread = thread

    def stop(self):
        """Tell gdb whether to stop."""
        return self._reached(self.thread or gdb.selected_thread().global_num)


class Capture:
    """A run of the program in which the values of the selected turn are read."""

    def __init__(self, plan, resolver, hits):
        self.plan, self._hits = plan, hits
        self.loops = plan["selection"]["loops"]
        self.level_codes = resolver.levels()
        self.codes = [(probe, resolver.probe(probe)) for probe in plan["probes"]]
        self.producer = next((_producer(code) for _, code in self.codes if code.function is not None), "")
        self.counts = {probe["number"]: 0 for probe in plan["probes"]}
        self.arrivals = {probe["number"]: {} for probe in plan["probes"]}
        self.unread, self.written, self.seen = {}, [], [False] * len(self.loops)
        self.total, self.flooded, self.finished = 0, False, False
        self._first, self._through, self._levels, self._probes, self._todo = set(), {}, [[] for _ in self.loops], [], []
        self._inside = [False] * len(self.loops)
        self._pending_writes = list(plan["writes"])

    def begin(self):
        """Arm what is armed from the start."""
        if self.loops:
            self._arm_level(0, None)
        else:
            self._arm_probes(None)

    @property
    def waiting(self):
        """Whether the program stands still for something that is to be done."""
        return bool(self._todo)

    def settle(self):
        """Do what a stop has left to be done: breakpoints change only while the program stands still."""
        while self._todo:
            what, level, thread = self._todo.pop(0)
            if what == "enter":
                self._enter(level, thread)
            elif what == "leave":
                self._leave(level)
            elif what == "prune":
                self._prune()
            else:
                self._clear(0)
                self._drop(self._probes)
                self.finished = True

    def _arm_level(self, level, thread):
        def reached(number, level=level):
            return self._turn(level, number)

        self._levels[level] = [Armed(pc, reached, thread) for pc in self.level_codes[level].addresses]
        return self._levels[level]

    def _arm_probes(self, thread):
        by_address = self._entries()
        for pc, entries in sorted(by_address.items()):

            def reached(number, entries=entries, pc=pc):
                return self._at_probes(entries, number, pc)

            self._probes.append(Armed(pc, reached, thread))
        return self._probes

    def _entries(self):
        """Return what is to be done at each address: probes, and statements that they come behind."""
        by_address = {}
        for probe, code in self.codes:
            for pc in code.through:
                by_address.setdefault(pc, []).append((None, probe, code))
            for pc in code.addresses:
                by_address.setdefault(pc, []).append((probe, probe, code))
        return by_address

    def _prune(self):
        """Give up the addresses of a loop's head that are not the first one behind its last statement."""
        wanted = self._entries()
        self._drop_some([bp for bp in self._probes if bp.pc not in wanted])

    def _drop_some(self, armed):
        for bp in armed:
            self._probes.remove(bp)
            bp.delete()

    def _turn(self, level, thread):
        """Tell whether to stop where a turn of a selected loop begins."""
        wanted = self.loops[level]["value"]
        if wanted is None or int(evaluate(self.loops[level]["variable"])) == wanted:
            if self._inside[level]:
                self._first.clear()
                return False
            self._todo.append(("enter", level, thread))
            return True
        if self._inside[level]:
            over = all(loop["value"] is not None for loop in self.loops[:level])
            self._inside[level] = False
            self._todo.append(("over" if over else "leave", level, thread))
            return True
        return False

    def _enter(self, level, thread):
        self.seen[level] = self._inside[level] = True
        self._first.clear()
        if all(loop["value"] is not None for loop in self.loops[: level + 1]):
            for bp in self._levels[level]:  # other threads have no business here any more
                bp.thread = thread
        else:
            thread = None
        here = gdb.selected_frame().pc()
        deeper = level + 1 < len(self.loops)
        for bp in list(self._arm_level(level + 1, thread) if deeper else self._arm_probes(thread)):
            if bp.pc == here:  # the program has stopped here already, and goes on behind it
                bp.stop()

    def _leave(self, level):
        self._clear(level + 1)
        self._drop(self._probes)

    def _clear(self, level):
        for deeper in range(level, len(self.loops)):
            self._inside[deeper] = False
            self._drop(self._levels[deeper])

    @staticmethod
    def _drop(armed):
        for bp in armed:
            bp.delete()
        del armed[:]

    def _at_probes(self, entries, thread, pc):
        stops = False
        for probe, owner, code in entries:
            if probe is None:
                self._through[owner["number"], thread] = True
            elif not code.through or (pc in code.addresses and self._through.pop((owner["number"], thread), False)):
                self._at_probe(probe, code, thread)
                if code.through and (len(code.addresses) > 1 or not code.jumps):
                    code.addresses = [pc]
                    code.through = code.through if code.jumps else ()
                    self._todo.append(("prune", 0, thread))
                    stops = True
        if self.total >= MOST_HITS:
            self.flooded = True
            self._todo.append(("over", 0, thread))
            return True
        return stops

    def _at_probe(self, probe, code, thread):
        try:
            at = self._selected(code)
            if at is None:
                return
            turns = tuple(int(evaluate(text)) for text, _ in probe["when"])
            self._count_arrival(probe, turns)
            self._write_elsewhere(probe, code, turns)
            if turns != tuple(wanted for _, wanted in probe["when"]):
                return
            if probe["first"] and probe["number"] in self._first:
                return
            self._first.add(probe["number"])
            index = {name: int(evaluate(text)) for name, text in probe["index"]}
            self._write_into(probe, code)
            values = [self._value(quantity, code) for quantity in probe["quantities"]]
            hit = {"probe": probe["number"], "values": values, "index": index, "at": at, "thread": thread}
            if self.plan["image"] and probe["number"] == self.plan["image"]["probe"]:
                hit["width"] = int(evaluate(self.plan["image"]["width"]))
        except (gdb.error, ValueError, OverflowError) as error:
            self.unread.setdefault(probe["number"], str(error))
            return
        self.counts[probe["number"]] += 1
        self.total += 1
        self._hits.write(json.dumps(hit) + "\n")

    def _selected(self, code):
        """Return what the variables of the selected loops are; None in another turn than the selected one."""
        if code.function is not None and code.function.name != self.plan["selection"]["function"]:
            return {}
        at = {}
        for loop in self.loops:
            at[loop["variable"]] = int(evaluate(loop["variable"]))
            if loop["value"] is not None and at[loop["variable"]] != loop["value"]:
                return None
        return at

    def _value(self, quantity, code):
        numbers = []
        for expression in quantity["expressions"]:
            for text in elements(expression, code.returned):
                try:
                    numbers.append(number_text(evaluate(text), root=expression["root"]))
                except (gdb.error, ValueError, OverflowError) as error:
                    shown = "return" if text == code.returned else text
                    msg = "{}: {}: {}".format(quantity["name"], shown, str(error).rstrip("."))
                    raise gdb.error(msg) from None
        return [quantity["name"], numbers, quantity["unit"]]

    def _count_arrival(self, probe, turns):
        seen = self.arrivals[probe["number"]]
        place = turns if turns in seen or len(seen) < MOST_TURNS else ()
        seen[place] = seen.get(place, 0) + 1

    def _write_elsewhere(self, probe, code, turns):
        """Write what is meant for every turn of some loops, wherever the program has the value that is to go."""
        for write in self._pending_writes:
            if write["probe"] != probe["number"] or write["over"] is None:
                continue
            held = dict(zip((text for text, _ in probe["when"]), turns))  # noqa: B905 - of Python 3.10
            if any(held[text] != wanted for text, wanted in probe["when"] if text not in write["free"]):
                continue
            if any(int(evaluate(text)) != wanted for text, wanted in write["index"]):
                continue
            if [float(text) for text in self._value(write["quantity"], code)[1]] == write["over"]:
                self._write(write, code)

    def _write_into(self, probe, code):
        for write in list(self._pending_writes):
            if write["probe"] != probe["number"] or write["over"] is not None:
                continue
            if any(int(evaluate(text)) != wanted for text, wanted in write["index"]):
                continue
            if write["after"]:
                write["after"] -= 1
                continue
            self._write(write, code)
            if not write["every"]:
                self._pending_writes.remove(write)

    def _write(self, write, code):
        before = self._value(write["quantity"], code)[1]
        texts = [text for part in write["targets"] for text in elements(part, code.returned)]
        if len(texts) != len(write["numbers"]):
            raise gdb.error(f"{len(write['numbers'])} numbers for the {len(texts)} of {write['quantity']['name']}")
        for text, number in zip(texts, write["numbers"]):  # noqa: B905 - of Python 3.10
            gdb.execute(f"set var {text} = {number}")
        after = self._value(write["quantity"], code)[1]
        self.written.append({"write": write["number"], "before": before, "after": after})


# The program.


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


def started(plan):
    """Start the program and let it come to its main function."""
    import resource  # noqa: PLC0415 - for this alone
    import shlex  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_FSIZE, (plan["most_bytes"], resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    words = " ".join(shlex.quote(word) for word in plan["args"])
    streams = "<{} >{} 2>{}".format(*tuple(shlex.quote(plan[name]) for name in ("stdin", "stdout", "stderr")))
    gdb.execute(f"set args {words} {streams}")
    for name in ("LINES", "COLUMNS"):
        if name not in plan["environment"]:
            gdb.execute("unset environment " + name)
    gdb.execute("set environment SHELL " + plan["shell"] if plan["shell"] else "unset environment SHELL")
    gdb.execute("handle all nostop noprint pass", to_string=True)
    try:
        gdb.execute("tbreak *main", to_string=True)
        gdb.execute("run", to_string=True)
    except gdb.error as error:
        raise PlanError("start", str(error)) from None
    if not alive():
        raise PlanError("start", "it ended before its main function")
    for event in ("fork", "vfork"):
        gdb.execute("catch " + event, to_string=True)


def alive():
    """Tell whether the program runs."""
    return gdb.selected_inferior().pid != 0


def run(plan, report):
    """Run the program to its end."""
    ended = ProgramEnd()
    forks = 0
    with open(plan["hits"], "w") as hits:  # noqa: PTH123
        started(plan)
        ended.watch(plan["process"])
        capture = Capture(plan, Resolver(plan), hits)
        capture.begin()
        while alive() and not ended.told:
            if capture.finished:
                ended.let_go()
            elif ended.go_on() and alive():
                forks += not capture.waiting
                capture.settle()
    report.update(
        exit_code=ended.code,
        exit_signal=ended.signal,
        forks=forks,
        counts=capture.counts,
        arrivals={number: list(seen.items()) for number, seen in capture.arrivals.items()},
        unread=capture.unread,
        written=capture.written,
        seen=capture.seen,
        flooded=capture.flooded,
        producer=capture.producer,
    )


class ProgramEnd:
    """How the program ends, whoever hears of it: gdb, or this script where gdb has let it go or lost it."""

    def __init__(self):
        self.code, self.signal, self.told, self.pid = None, None, False, 0
        gdb.events.exited.connect(self._exited)

    def watch(self, path):
        """Leave word of which process this is, for whoever must end it should gdb be killed."""
        self.pid = gdb.selected_inferior().pid
        with open(path, "w") as out:  # noqa: PTH123
            out.write(str(self.pid))

    def go_on(self):
        """Let the program run to its next stop or its end; tell whether gdb still knows it."""
        try:
            gdb.execute("continue", to_string=True)
        except gdb.error as error:
            # gdb asks for registers of a thread that has ended with the program, before it hears of the end.
            if "No such process" not in str(error):
                raise
            self._wait()
            return False
        return True

    def let_go(self):
        """Detach from the program, of which nothing more is wanted, and wait for its end."""
        gdb.events.exited.disconnect(self._exited)  # to gdb this is an end, too
        gdb.execute("detach", to_string=True)
        self._wait()

    def _wait(self):
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


def check(plan, report):
    """Find every place and every variable before the program runs."""
    resolver, faults = Resolver(plan), []
    try:
        resolver.levels()
    except SourceError as error:
        raise PlanError("place", str(error)) from None
    loops = {
        "function": plan["selection"]["function"],
        "names": [loop["variable"] for loop in plan["selection"]["loops"]],
    }
    for probe in plan["probes"]:
        try:
            code = resolver.probe(probe)
        except PlanError as error:
            if error.document["kind"] in {"debug", "source"}:
                raise
            faults.append({"probe": probe["number"], "quantity": None, **error.document})
            continue
        except SourceError as error:
            faults.append(
                {
                    "probe": probe["number"],
                    "quantity": None,
                    "kind": "place",
                    "text": str(error),
                    "word": "",
                    "names": [],
                }
            )
            continue
        for quantity, name, kind, names in check_probe(probe, code, loops):
            text = f"{name} is optimised out" if kind == "optimised" else f"{code_name(code)} has no {name} here"
            faults.append(
                {
                    "probe": probe["number"],
                    "quantity": quantity,
                    "kind": kind,
                    "text": text,
                    "word": name,
                    "names": names,
                }
            )
        report["places"].append({"probe": probe["number"], "line": code.line, "addresses": len(code.addresses)})
    report["faults"] = faults


def code_name(code):
    """Return what the place is called in a message."""
    return code.function.name if code.function is not None else f"line {code.line}"


def draft(plan, report):
    """Tell the functions, and of one its loops and variables."""
    names = function_names()
    report["functions"] = names[:500]
    wanted = [plan["function"]] if plan["function"] else names[:200]
    report["drafts"] = []
    for name in wanted:
        try:
            report["drafts"].append(_drafted(CompiledFunction(name)))
        except (PlanError, SourceError) as error:
            if plan["function"]:
                raise error if isinstance(error, PlanError) else PlanError("place", str(error)) from None


def _drafted(function):
    loops = [item for item in function.body.walk() if item.kind is StatementKind.LOOP]
    brackets = "()" if function.file.lower().endswith(_FORTRAN) else "[]"
    told = []
    for loop in loops:
        _, addresses = function.code_of(places.first_of(loop).spans)
        scope = in_scope(addresses[0]) if addresses else {}
        kinds = {name: _sort(symbol, brackets) for name, symbol in scope.items()}
        assigned = [name for name, kind in kinds.items() if kind and _is_assigned(loop, name)]
        told.append(
            {
                "line": loop.first,
                "last": loop.last,
                "variables": [name for name in loop.variables if kinds.get(name) == "int"],
                "assigned": {name: kinds[name] for name in assigned},
            }
        )
    return {"name": function.name, "file": function.file, "line": function.symbol.line, "loops": told}


def _is_assigned(loop, name):
    try:
        places.after_assignment(loop, name)
    except SourceError:
        return False
    return any(places._assigns(item, name) for item in loop.inner if item.kind is not StatementKind.LOOP)


def _sort(symbol, brackets):
    kind = symbol.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_ARRAY and _CODES.get(kind.target().strip_typedefs().code):
        low, high = kind.range()
        return brackets[0] + f"{low}..{high}" + brackets[1] if 0 <= high - low < 16 else ""
    return _CODES.get(kind.code, "") if symbol.is_variable or symbol.is_argument else ""


def _producer(code):
    """Return what the debug information says of the compiler."""
    return str(getattr(code.function.symtab, "producer", "") or "")


def main():
    """Carry out the plan."""
    with open(nbtrace_plan) as source:  # noqa: F821, PTH123 - set by gdb_run.py
        plan = json.load(source)
    report = {"error": None, "places": [], "faults": [], "gdb": gdb.VERSION}
    prepare()
    try:
        {"check": check, "run": run, "draft": draft}[plan["mode"]](plan, report)
    except PlanError as error:
        report["error"] = error.document
    except SourceError as error:
        report["error"] = {"kind": "place", "text": str(error), "word": "", "names": []}
    except gdb.error as error:
        report["error"] = {"kind": "gdb", "text": str(error), "word": "", "names": []}
    with open(plan["report"], "w") as out:  # noqa: PTH123
        json.dump(report, out)
    sys.stdout.flush()
    if plan["mode"] == "run" and report["error"] is None:
        os._exit(0)  # nothing is left of the program, whatever gdb believes
    if alive():
        gdb.execute("kill", to_string=True)


main()
