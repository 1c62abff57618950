"""The values of expressions in trace frames: what has to be collected for them, and what they are.

gdb compiles the address of a variable for its agent, where the variable is in scope; the value is read from the bytes
that were collected at that address, with gdb's own types and arithmetic.
"""

import re
import struct

import gdb

from .agent_code import agent_code
from .program_values import digits, number_text

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
        self._address = agent_code(f"&({text})")
        self._read = _read_at_once(self._type.strip_typedefs())

    @property
    def collected(self):
        """What a tracepoint is told to collect."""
        return (self.text,)

    def value(self, frame):
        """Return the value in a frame."""
        held = frame.memory(self._address(frame), self._type.sizeof)
        return self._read(held)[0] if self._read is not None else gdb.Value(held, self._type)

    def typed(self, frame):
        """Return the value in a frame as one of the program's."""
        return gdb.Value(frame.memory(self._address(frame), self._type.sizeof), self._type)

    def number(self, frame, *, root):
        """Return it as text with all its digits; `root` takes the square root."""
        if self._read is None:
            return number_text(self.typed(frame), root=root)
        return digits(self.value(frame), self._type.sizeof, root=root)


def _read_at_once(kind):
    """Return what gives the number that bytes of a type are, where that needs no help of gdb."""
    signed = {8: "q", 4: "i", 2: "h", 1: "b"}
    if kind.code == gdb.TYPE_CODE_FLT and kind.sizeof in {4, 8}:
        return struct.Struct("<" + {4: "f", 8: "d"}[kind.sizeof]).unpack
    if kind.code == gdb.TYPE_CODE_INT and kind.sizeof in signed:
        negative = int(gdb.Value(b"\xff" * kind.sizeof, kind)) < 0
        return struct.Struct("<" + (signed[kind.sizeof] if negative else signed[kind.sizeof].upper())).unpack
    return None


class TypedNumber:
    """A value of the program's types, as text by gdb's own hand."""

    collected = ()

    def value(self, frame):
        """Return the value in a frame."""
        raise NotImplementedError

    def number(self, frame, *, root):
        """Return it as text with all its digits; `root` takes the square root."""
        return number_text(self.value(frame), root=root)


class ScaledVariable(TypedNumber):
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
        value = self._variable.typed(frame)
        return value / self._number if self._divides else value * self._number


class FixedNumber(TypedNumber):
    """An integer that stands in the expression itself."""

    def __init__(self, text):
        self._number = gdb.parse_and_eval(text)

    def value(self, _frame):
        """Return the number."""
        return self._number


class ReturnedValue(TypedNumber):
    """What a function has returned, which stands in a register."""

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
    if is_integer(text):
        return FixedNumber(text)
    if found := _RETURNED(text):
        return ReturnedValue(found[1], _FIRST_VECTOR_REGISTER)
    if found := _RETURNED_WHOLE(text):
        return ReturnedValue(found[1], 0)
    scaled = _SCALED(text)
    return ScaledVariable(scaled) if scaled else CollectedVariable(text)


def _type_of(text):
    """Return the type of an expression without its value, which may be out of reach yet."""
    return gdb.parse_and_eval(f"({text})").type
