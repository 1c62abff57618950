"""Lists of reflections in other programs' formats, told by their content: the reference reads h k l F alone."""

import re

_READ = 1 << 16
"""Bytes of a file that are looked at."""

_SHELX = re.compile(rb"[ 0-9+-]{4}[ 0-9+-]{4}[ 0-9+-]{4}[ 0-9.+-]{8}[ 0-9.+-]{8}(?:[ 0-9+-]{4})?[ \t]*\r?")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(rb"[+-]?[0-9]+")
_SCALEPACK = re.compile(rb"[ \t]*1[ \t]*\r?\n[ \t]*-98[57][ \t]*\r?\n")
_CACHE = re.compile(rb"-?[0-9]+(?: -?[0-9]+){5} *\n\f")
_CIF = re.compile(rb"^[ \t]*(?:data_\S*|_refln[._]|loop_)", re.MULTILINE | re.IGNORECASE)
_CNS = re.compile(rb"^[ \t]*(?:NREF|INDE|DECLARE)\b", re.MULTILINE | re.IGNORECASE)


def foreign_format(content: bytes) -> str | None:
    """Return what a file is that is no list of h k l F, as far as its content tells; None where it does not.

    Parameters
    ----------
    content : bytes
        The whole file, or its beginning.
    """
    head = content[:_READ]
    for is_one, name in _KINDS:
        if is_one(head):
            return name
    return _by_columns(head)


def _is_xds(head: bytes) -> bool:
    return head.startswith((b"!FORMAT=XDS_ASCII", b"!OUTPUT_FILE=")) or b"\n!END_OF_HEADER" in head


_KINDS = (
    (lambda head: head.startswith(b"MTZ "), "an MTZ file"),
    (lambda head: head.startswith(b"\x1f\x8b"), "a file compressed by gzip"),
    (_is_xds, "a list of XDS (XDS_ASCII.HKL, INTEGRATE.HKL)"),
    (
        lambda head: _CACHE.match(head) is not None,
        "the reference's own cache of structure factors (give it with -dump)",
    ),
    (lambda head: _SCALEPACK.match(head) is not None, "a list of SCALEPACK"),
    (lambda head: _CNS.search(head) is not None, "a list of CNS or X-PLOR"),
    (lambda head: _CIF.search(head) is not None, "a CIF"),
)
"""Formats by what their files begin with or contain."""


def _by_columns(head: bytes) -> str | None:
    lines = [line for line in head.split(b"\n") if line.strip()][:-1] or [head]
    fields = [line.split() for line in lines]
    if not any(fields):
        return None
    if all(_SHELX.fullmatch(line) for line in lines[:20]) and (_wide(fields) or _ends_like_shelx(head)):
        return "a list of SHELX (HKLF 4: h k l F² σ, in columns of fixed width)"
    if _is_titled(fields):
        return f"a list with a heading ({fields[0][0].decode('utf-8', 'replace')[:20]} …)"
    if all(b"," in line for line in lines[:20]):
        return "a list with commas"
    counts = {len(row) for row in fields}
    if len(counts) == 1 and (count := counts.pop()) > 4 and all(map(_is_numeric, fields)):
        return f"a list of {count} columns (as SHELX, XDS and others write F² or F with its σ)"
    return None


def _wide(fields: list[list[bytes]]) -> bool:
    return max(map(len, fields[:20])) != 4


def _ends_like_shelx(head: bytes) -> bool:
    return re.search(rb"\n   0   0   0[ ]+0?\.?0*[ ]+0?\.?0*", head) is not None


def _is_titled(fields: list[list[bytes]]) -> bool:
    return len(fields) > 1 and not _is_numeric(fields[0]) and all(map(_is_numeric, fields[1:5]))


def _is_numeric(row: list[bytes]) -> bool:
    return all(_NUMBER.fullmatch(word) for word in row) and all(_INTEGER.fullmatch(word) for word in row[:3])
