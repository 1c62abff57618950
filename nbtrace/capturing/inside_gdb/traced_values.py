"""The values of expressions in trace frames: what has to be collected for them, and what they are.

gdb compiles the address of a variable for its agent, where the variable is in scope; the value is read from the bytes
that were collected at that address, with gdb's own types and arithmetic.
"""

import re

import gdb

from .agent_code import AgentCode

is_integer = re.compile(r"[+-]?\d+").fullmatch
"""Tells whether an expression is an integer that stands there itself."""

_SCALED = re.compile(r"(?s)(.*\S)\s*([*/])\s*(\d[\d.]*(?:[eE][+-]?\d+)?)\s*").fullmatch
_RETURNED = re.compile(r"\$xmm0\.v\d_(double|float)\[0\]").fullmatch
_RETURNED_WHOLE = re.compile(r"\((.+)\)\$rax").fullmatch
_UNTOLD = (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF, gdb.TYPE_CODE_VOID, gdb.TYPE_CODE_FUNC)
_FIRST_VECTOR_REGISTER = 276
"""Offset of xmm0 in the block of registers of an x86-64: behind 17 of 8 bytes, 7 of 4, and those of the x87."""


class CollectedVariable:
    """A variable at a place, by its address there."""

    def __init__(self, text):
        self.text = text
        self._type = _type_of(text)
        if self._type.sizeof == 0 or self._type.strip_typedefs().code in _UNTOLD:
            msg = f"{text} is of type {self._type}"
            raise gdb.error(msg)
        self._address = AgentCode(f"&({text})")

    @property
    def collected(self):
        """What a tracepoint is told to collect."""
        return (self.text,)

    def value(self, frame):
        """Return the value in a frame."""
        return gdb.Value(frame.memory(self._address.run(frame), self._type.sizeof), self._type)


class ScaledVariable:
    """A variable times a number, or divided by one."""

    def __init__(self, scaled):
        self._variable = CollectedVariable(scaled[1])
        self._divides, self._number = scaled[2] == "/", gdb.parse_and_eval(scaled[3])

    @property
    def collected(self):
        """What a tracepoint is told to collect."""
        return self._variable.collected

    def value(self, frame):
        """Return the value in a frame."""
        value = self._variable.value(frame)
        return value / self._number if self._divides else value * self._number


class ReturnedValue:
    """What a function has returned, which stands in a register."""

    collected = ()

    def __init__(self, name, offset):
        self._type, self._offset = gdb.lookup_type(name), offset

    def value(self, frame):
        """Return the value in a frame."""
        return gdb.Value(frame.registers[self._offset : self._offset + self._type.sizeof], self._type)


def collected_value(text):
    """Return what gives the value of an expression in the frames of the place where the program stands.

    Raises
    ------
    gdb.error
        If it is none that can be taken from what a tracepoint collects.
    """
    if found := _RETURNED(text):
        return ReturnedValue(found[1], _FIRST_VECTOR_REGISTER)
    if found := _RETURNED_WHOLE(text):
        return ReturnedValue(found[1], 0)
    scaled = _SCALED(text)
    return ScaledVariable(scaled) if scaled else CollectedVariable(text)


def _type_of(text):
    """Return the type of an expression without its value, which may be out of reach yet."""
    return gdb.parse_and_eval(f"({text})").type
