"""Seeded mutations of files: bytes, numbers, tokens, lines, blocks of lines, the form of a whole file."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

Lines: TypeAlias = list[bytes]
Edit: TypeAlias = Callable[[bytes, Random], bytes]

MOST_BYTES = 1 << 18
"""No mutation makes a file longer than this."""

_number = re.compile(rb"(?<![\w.])[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
_token = re.compile(rb"[^\s=,;\[\]]+")

ODD_NUMBERS = (
    b"nan", b"-nan", b"NaN", b"inf", b"-inf", b"Infinity", b"1e999", b"-1e999", b"1e-999", b"5e-324", b"1.8e308",
    b"9" * 400, b"1" * 5000, b"0x1p3", b"0x10", b"1_000", b"1,5", b"1.5.2", b"+-1", b"--1", b"1e", b"e5", b".", b"",
    b"1e+", b"1d5", b"0", b"-0", b"-2147483648", b"NOT_EXTRACTED", b"N/A", b"None", b"True", b"1e5e5", b".5", b"5.",
    b"[1 2 3]", b"(1, 2)", b"1 2", b"tensor(3.0)", b"a:1 b:2", "٣".encode(), "３.５".encode(), "²".encode(),
    "−1".encode(), "1\u00a02".encode(), b"1\0", b"1\xff", b"0" * 300 + b"1", b"0." + b"0" * 400 + b"1",
)  # fmt: skip
"""What can stand where a number should be."""

ODD_TEXTS = (
    b"TRACE_C: ", b"TRACE_PY: ", b"TRACE_PY_PHI ", b"TRACE_C_PHI phi_tic=", b"TRACE: ", b"TRACE_C_TAP4: ",
    b"TRACE_C:a=", b"\tTRACE_PY: x 1", b"TRACE_PY_TRICUBIC: [0,0,0]=1", b"TRACE", b"PIX0_PY:",
    b"[New Thread 0x7f (LWP 12)]",
    b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b[31m", b"\xe2\x80\xa8",
    b"\x0b", b"\x0c", b"\x85", b"\xc2\xa0", b"\t", b"  ", b"[", b"]", b"{", b"}", b"(", b")", b"=", b" = ", b"==", b":",
    b";", b",", b"'", b'"', b"#", b"\\", b"-", b"+", b"*", b"|a| = ", b"===", b"tensor(", b"99% done", b"%s",
    b"--- a\n+++ b\n@@ -1 +1 @@\n", b"../../etc/passwd", "φ←Å⁻¹".encode(), "12→".encode(),
)  # fmt: skip
"""What can stand anywhere."""

LINES = (
    b"TRACE_CONFIG: tracing pixel (spixel=685, fpixel=1039)",
    b"TRACE_CONFIG: tracing pixel (spixel=-1, fpixel=99999999999999999999)",
    b"TRACE_C: hkl_frac nan inf nan",
    b"TRACE_C: hkl_rounded -2147483648 -2147483648 -2147483648",
    b"TRACE_C: === section ===",
    b"TRACE_PY: I_before_scaling NOT_EXTRACTED",
    b"TRACE_C_TAP5=1 ./nanoBragg -cell 100 100 100 90 90 90",
    b"TRACE COMPARISON:",
    b"  10 phi steps from 0 to 0.1 degrees",
    b"-TRACE_C: polar 1",
    b"+TRACE_C: polar 2",
    b"",
)


def _any_place(data: bytes, chance: Random) -> int:
    return chance.randint(0, len(data))


def _flip(data: bytes, chance: Random) -> bytes:
    if not data:
        return b"\0"
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _put(data: bytes, chance: Random) -> bytes:
    at = _any_place(data, chance)
    return data[:at] + chance.choice(ODD_TEXTS) + data[at:]


def _cut_out(data: bytes, chance: Random) -> bytes:
    at = _any_place(data, chance)
    return data[:at] + data[at + chance.choice([1, 2, 8, 100]) :]


def _repeat_bytes(data: bytes, chance: Random) -> bytes:
    at = _any_place(data, chance)
    size = chance.choice([1, 3, 30])
    return data[:at] + data[at : at + size] * chance.choice([2, 3, 50]) + data[at:]


def _end_early(data: bytes, chance: Random) -> bytes:
    return data[: _any_place(data, chance)]


def _windows_ends(data: bytes, _: Random) -> bytes:
    return data.replace(b"\n", b"\r\n")


def _old_mac_ends(data: bytes, _: Random) -> bytes:
    return data.replace(b"\n", b"\r")


def _byte_order_mark(data: bytes, _: Random) -> bytes:
    return b"\xef\xbb\xbf" + data


def _other_encoding(data: bytes, chance: Random) -> bytes:
    return data.decode(errors="replace").encode(chance.choice(["utf-16", "latin-1", "utf-32"]), errors="replace")


def _long_line(data: bytes, chance: Random) -> bytes:
    at = _any_place(data, chance)
    filler = chance.choice(
        [b" ", b"\t", b"9", b"=", b"[", b"a", b"1 ", b"a=1 ", b"TRACE_C: ", b"x:1 ", b"-", b"1,", b"'"]
    )
    size = chance.choice([100, 3900, 4096, 5000, 60_000])
    return data[:at] + (filler * size)[:size] + data[at:]


def edit_number(token: bytes, chance: Random) -> bytes:
    """Return a number that differs from `token` a little, a lot, or not at all; or what is no number any more."""
    match chance.randrange(9):
        case 0:
            digits = [at for at, letter in enumerate(token) if 48 <= letter < 58]
            at = chance.choice(digits)
            return token[:at] + str(chance.randrange(10)).encode() + token[at + 1 :]
        case 1:
            return token[1:] if token[:1] in b"+-" else b"-" + token
        case 2:
            return token.partition(b"e")[0] + b"e%+d" % chance.choice([-400, -30, -6, -1, 0, 1, 2, 10, 30, 400])
        case 3:
            return token[: chance.randint(1, len(token))]
        case 4:
            return token.replace(b".", b"", 1)
        case 5:
            return token + chance.choice([b"0", b"1", b".", b"e1", b"f", b"j", b"m"])
        case 6:
            return b"%.15g" % (float(token) * (1 + chance.choice([1e-3, 1e-5, 1e-8, 1e-13, -1e-6, 2e-6, 5e-7])))
        case _:
            return chance.choice(ODD_NUMBERS)


def _number_edit(data: bytes, chance: Random) -> bytes:
    found = list(_number.finditer(data))
    if not found:
        return _put(data, chance)
    match = chance.choice(found)
    return data[: match.start()] + edit_number(match[0], chance) + data[match.end() :]


def _token_edit(data: bytes, chance: Random) -> bytes:
    found = list(_token.finditer(data))
    if len(found) < 2:
        return _put(data, chance)
    match, other = chance.sample(found, 2)
    new = chance.choice([b"", other[0], match[0] + b" " + other[0], match[0][:-1], chance.choice(ODD_NUMBERS), b"x"])
    return data[: match.start()] + new + data[match.end() :]


def _by_lines(edit: Callable[[Lines, Random], Lines]) -> Edit:
    def edited(data: bytes, chance: Random) -> bytes:
        return b"".join(edit(data.splitlines(keepends=True) or [b""], chance))

    return edited


def _drop(lines: Lines, chance: Random) -> Lines:
    at = chance.randrange(len(lines))
    return lines[:at] + lines[at + 1 :]


def _double(lines: Lines, chance: Random) -> Lines:
    at, to = chance.randrange(len(lines)), chance.randint(0, len(lines))
    return [*lines[:to], lines[at], *lines[to:]]


def _double_changed(lines: Lines, chance: Random) -> Lines:
    at = chance.randrange(len(lines))
    return [*lines[: at + 1], _number_edit(lines[at], chance), *lines[at + 1 :]]


def _swap(lines: Lines, chance: Random) -> Lines:
    lines = list(lines)
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return lines


def _move(lines: Lines, chance: Random) -> Lines:
    lines = list(lines)
    moved = lines.pop(chance.randrange(len(lines)))
    lines.insert(chance.randint(0, len(lines)), moved)
    return lines


def _tear(lines: Lines, chance: Random) -> Lines:
    """End a line in its middle; the next one goes on there, or on a line of its own."""
    at = chance.randrange(len(lines))
    torn = lines[at][: chance.randint(0, len(lines[at]))] + chance.choice([b"", b"\n"])
    return [*lines[:at], torn, *lines[at + 1 :]]


def _join(lines: Lines, chance: Random) -> Lines:
    at = chance.randrange(len(lines))
    return [*lines[:at], lines[at].rstrip(b"\r\n") + chance.choice([b"", b" ", b"\t"]), *lines[at + 1 :]]


def _insert(lines: Lines, chance: Random) -> Lines:
    at = chance.randint(0, len(lines))
    return [*lines[:at], chance.choice(LINES) + b"\n", *lines[at:]]


def _arity(lines: Lines, chance: Random) -> Lines:
    """Drop or add a number of a line."""
    at = chance.randrange(len(lines))
    words = lines[at].split(b" ")
    if chance.randrange(2) and len(words) > 1:
        words.pop()
        return [*lines[:at], b" ".join(words) + b"\n", *lines[at + 1 :]]
    return [*lines[:at], lines[at].rstrip(b"\r\n") + b" 1\n", *lines[at + 1 :]]


_OTHER_SPELLINGS = (
    *((b"TRACE_C", b"TRACE_PY"), (b"TRACE_PY", b"TRACE_C"), (b": ", b":"), (b":", b" "), (b" ", b"="), (b"=", b" ")),
    *((b"TRACE", b" TRACE"), (b"_PHI", b""), (b"TRACE", b"12\xe2\x86\x92TRACE"), (b"_", b"__"), (b"TRACE", b"TRACE_X")),
)


def _spelling(lines: Lines, chance: Random) -> Lines:
    at = chance.randrange(len(lines))
    old, new = chance.choice(_OTHER_SPELLINGS)
    return [*lines[:at], lines[at].replace(old, new, 1), *lines[at + 1 :]]


def _block(lines: Lines, chance: Random) -> tuple[int, int]:
    at = chance.randrange(len(lines))
    return at, min(len(lines), at + chance.choice([2, 5, 15, 30]))


def _drop_block(lines: Lines, chance: Random) -> Lines:
    start, stop = _block(lines, chance)
    return lines[:start] + lines[stop:]


def _double_block(lines: Lines, chance: Random) -> Lines:
    start, stop = _block(lines, chance)
    to = chance.randint(0, len(lines))
    return lines[:to] + lines[start:stop] * chance.choice([1, 1, 1, 3]) + lines[to:]


def _swap_block(lines: Lines, chance: Random) -> Lines:
    start, stop = _block(lines, chance)
    rest = lines[:start] + lines[stop:]
    to = chance.randint(0, len(rest))
    return rest[:to] + lines[start:stop] + rest[to:]


def _two_columns(lines: Lines, chance: Random) -> Lines:
    return [line.rstrip(b"\r\n") + b"\t" + chance.choice(lines) for line in lines]


def _as_diff(lines: Lines, chance: Random) -> Lines:
    return [
        b"--- c.log\n",
        b"+++ py.log\n",
        b"@@ -1,9 +1,9 @@\n",
        *(chance.choice([b" ", b"-", b"+"]) + line for line in lines),
    ]


BYTE_EDITS: tuple[Edit, ...] = (_flip, _put, _cut_out, _repeat_bytes, _end_early)
VALUE_EDITS: tuple[Edit, ...] = (_number_edit, _number_edit, _token_edit)
LINE_EDITS: tuple[Edit, ...] = tuple(
    map(
        _by_lines,
        (
            *(_drop, _double, _double_changed, _swap, _move, _tear, _join, _insert, _arity, _spelling),
            *(_drop_block, _double_block, _swap_block),
        ),
    )
)
FORM_EDITS: tuple[Edit, ...] = (
    *(_windows_ends, _old_mac_ends, _byte_order_mark, _other_encoding, _long_line),
    *map(_by_lines, (_two_columns, _as_diff)),
)
"""What changes a whole file; used seldom, as little of the file is left to look at."""


def spliced(data: bytes, other: bytes, chance: Random) -> bytes:
    """Return a file with some lines of another one in it."""
    lines, others = data.splitlines(keepends=True), other.splitlines(keepends=True) or [b""]
    start, stop = _block(others, chance)
    to = chance.randint(0, len(lines))
    return b"".join([*lines[:to], *others[start:stop], *lines[to:]])


def mutated(data: bytes, chance: Random, others: Sequence[bytes] = (), *, most: int = 4) -> bytes:
    """Return a file after one to `most` mutations; `others` are files to take lines from."""
    for _ in range(chance.randint(1, most)):
        draw = chance.random()
        if draw < 0.03:
            data = chance.choice(FORM_EDITS)(data, chance)
        elif draw < 0.08 and others:
            data = spliced(data, chance.choice(others), chance)
        else:
            edits = chance.choice((BYTE_EDITS, VALUE_EDITS, VALUE_EDITS, LINE_EDITS, LINE_EDITS))
            data = chance.choice(edits)(data, chance)
    return data[:MOST_BYTES]
