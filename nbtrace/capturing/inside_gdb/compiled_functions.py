"""The functions of the program that have debug information: their source, and where its lines are in the code."""

import os
import re

import gdb

from .control_flow import ControlFlow
from .fortran_statements import FortranReader
from .plan_error import PlanError
from .source_statements import CReader

FORTRAN = (".f90", ".f95", ".f03", ".f08", ".f", ".for", ".ftn", ".f77")
_FIXED = (".f", ".for", ".ftn", ".f77")
_OUTLINED = re.compile(r"\.(?:_omp_fn|omp_outlined|constprop|isra|part|cold|lto_priv|llvm)\b")


class CompiledFunction:
    """A function of the program that has debug information.

    Where there is none of that name, the error holds `names`, those that there are.
    """

    def __init__(self, name, names=None):
        self.name = name
        symtab, self.symbol = _located(name, function_names() if names is None and not _codes(name) else names or ())
        self.file = symtab.fullname()
        self.symtab = symtab
        self.lines = None
        self._body = None
        self._linetable = None
        self._flow = None

    @property
    def body(self):
        """Its statements, from the text of its source."""
        if self._body is None:
            low = self.file.lower()
            try:
                with open(self.file, encoding="latin-1") as source:
                    text = source.read()
            except OSError:
                raise PlanError("source", f"the source of {self.name}, {self.file}, is not there") from None
            self.lines = text.split("\n")
            reader = FortranReader(text, fixed=low.endswith(_FIXED)) if low.endswith(FORTRAN) else CReader(text)
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
            found = gdb.decode_line(f"{quoted(self.file)}:{line}")[1] or ()
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

    def parts(self):
        """Return the first and the last address of each part of it."""
        return sorted({code_bounds(pc) for pc, _ in self.table()})

    @property
    def flow(self):
        """How its instructions follow each other."""
        if self._flow is None:
            begun = {pc for pc, _ in self.table()} if any(map(is_outlined, self.parts())) else None
            self._flow = ControlFlow(self.parts(), self.file, begun)
        return self._flow


def is_outlined(part):
    """Tell whether a part of a function was made a function by the compiler, as the body of a parallel loop is."""
    block = gdb.block_for_pc(part[0])
    return block is not None and block.function is not None and _OUTLINED.search(block.function.name) is not None


def quoted(name):
    """Return a name as gdb takes it in a place."""
    return f"'{name}'" if re.search(r"[\s:'\"]", name) else name


def _codes(name):
    """Return where the functions of a name are."""
    try:
        return [at for at in gdb.decode_line(name)[1] or () if at.pc]
    except gdb.error:
        return []


def _located(name, names):
    """Return the symbol table and the symbol of a function."""
    found = _codes(name)
    if not found:
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


def source_names():
    """Return the source files that the debug information names."""
    text = gdb.execute("info sources", to_string=True)
    return sorted({os.path.basename(name.strip()) for name in re.split(r"[,\n]", text) if "." in name})


def code_bounds(pc):
    """Return the first and the last address of the function that holds an address."""
    block = gdb.block_for_pc(pc)
    while block.function is None and block.superblock is not None:
        block = block.superblock
    return block.start, block.end
