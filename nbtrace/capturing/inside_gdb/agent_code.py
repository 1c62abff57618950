"""Addresses of variables as gdb compiles them for an agent, worked out from the registers and memory of a trace frame.

The operations are those of the agent expression bytecode in gdb's manual: a stack of 64-bit integers.
"""

import re

import gdb

_LINE = re.compile(r"\s*\d+\s+([a-z_]+)(\d*)(?:\s+(\d+))?\s*")
_BITS = 64
_MASK = (1 << _BITS) - 1
_BINARY = {
    "add": lambda one, other: one + other,
    "sub": lambda one, other: one - other,
    "mul": lambda one, other: one * other,
}


class RegisterOffset:
    """A register of a frame and a number that is added to it: where most variables are."""

    def __init__(self, register, offset=0):
        self.register, self.offset = register, offset

    def __call__(self, frame):
        """Return the sum in a frame."""
        return (frame.register(self.register) + self.offset) & _MASK


def agent_code(text):
    """Return a function of a frame that gives the integer which an expression is at the place where the program stands.

    Raises
    ------
    gdb.error
        If it cannot be worked out; the function raises it where the frame does not hold what is needed.
    """
    said = gdb.execute("maint agent-eval " + text, to_string=True)
    steps = [_step(line) for line in said.splitlines() if re.match(r"\s*\d+\s", line)]
    if not steps or steps.pop()[0] != "end":
        msg = f"{text} is not compiled for an agent"
        raise gdb.error(msg)
    return worked_out(steps)


def worked_out(steps):
    """Return a function of a frame that does what the steps of an agent expression do; each is name, size, operand."""
    stack = []
    for name, size, operand in steps:
        if name == "reg":
            stack.append(RegisterOffset(operand))
        elif name == "const":
            stack.append(operand)
        elif name in _BINARY:
            other = stack.pop()
            stack.append(_combined(name, stack.pop(), other))
        else:
            stack.append(_changed(name, size, operand, stack.pop()))
    (last,) = stack
    return (lambda _frame: last) if isinstance(last, int) else last


def _combined(name, one, other):
    act = _BINARY[name]
    if isinstance(one, int) and isinstance(other, int):
        return act(one, other) & _MASK
    if name == "add" and isinstance(one, RegisterOffset) and isinstance(other, int):
        return RegisterOffset(one.register, one.offset + other)
    one, other = _function(one), _function(other)
    return lambda frame: act(one(frame), other(frame)) & _MASK


def _changed(name, size, operand, value):
    if name == "ref":
        value = _function(value)
        return lambda frame: int.from_bytes(frame.memory(value(frame), size // 8), "little")
    if name == "zero_ext" and operand == _BITS:
        return value
    change = _extended if name == "ext" else _cut
    if isinstance(value, int):
        return change(value, operand)
    return lambda frame: change(value(frame), operand)


def _function(value):
    return (lambda _frame: value) if isinstance(value, int) else value


def _step(line):
    found = _LINE.fullmatch(line)
    name = found[1] if found else line.strip()
    if name not in {"reg", "const", "ref", "ext", "zero_ext", "end", *_BINARY}:
        msg = f"an agent's {name} is not worked out"
        raise gdb.error(msg)
    return name, int(found[2] or 0), int(found[3] or 0)


def _extended(value, bits):
    value &= (1 << bits) - 1
    return (value - (1 << bits) if value >> (bits - 1) else value) & _MASK


def _cut(value, bits):
    return value & ((1 << bits) - 1)
