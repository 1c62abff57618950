"""Addresses of variables as gdb compiles them for an agent, worked out from the registers and memory of a trace frame.

The operations are those of the agent expression bytecode in gdb's manual: a stack of 64-bit integers.
"""

import re

import gdb

_LINE = re.compile(r"\s*\d+\s+([a-z_]+)(\d*)(?:\s+(\d+))?\s*")
_MASK = (1 << 64) - 1
_BINARY = {
    "add": lambda one, other: one + other,
    "sub": lambda one, other: one - other,
    "mul": lambda one, other: one * other,
}


class AgentCode:
    """The code of one expression at the place where the program stands."""

    def __init__(self, text):
        said = gdb.execute("maint agent-eval " + text, to_string=True)
        self._steps = [_step(line) for line in said.splitlines() if re.match(r"\s*\d+\s", line)]
        if not self._steps or self._steps[-1][0] != "end":
            raise gdb.error(f"{text} is not compiled for an agent")

    def run(self, frame):
        """Return the integer that the expression is in a frame.

        Raises
        ------
        gdb.error
            If the frame does not hold what it is computed from.
        """
        stack = []
        for name, size, operand in self._steps:
            if name == "reg":
                stack.append(frame.register(operand))
            elif name == "const":
                stack.append(operand)
            elif name == "ref":
                stack.append(int.from_bytes(frame.memory(stack.pop(), size // 8), "little"))
            elif name == "ext":
                stack.append(_extended(stack.pop(), operand))
            elif name == "zero_ext":
                stack.append(stack.pop() & ((1 << operand) - 1))
            elif name in _BINARY:
                other = stack.pop()
                stack.append(_BINARY[name](stack.pop(), other) & _MASK)
        return stack.pop()


def _step(line):
    found = _LINE.fullmatch(line)
    name = found[1] if found else line.strip()
    if name not in {"reg", "const", "ref", "ext", "zero_ext", "end", *_BINARY}:
        raise gdb.error(f"an agent's {name} is not worked out")
    return name, int(found[2] or 0), int(found[3] or 0)


def _extended(value, bits):
    value &= (1 << bits) - 1
    return (value - (1 << bits) if value >> (bits - 1) else value) & _MASK
