"""Probe files: TOML that says what is captured of a program, and where; errors name the key."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Any

from nbtrace.capturing.expression import ExpressionError, parse_quantity
from nbtrace.capturing.probe import ImageCheck, Place, Probe, ProbedQuantity, ProbeFile, Selection
from nbtrace.documents import read_toml
from nbtrace.errors import UsageError
from nbtrace.nearness import nearest
from nbtrace.vocabulary import dimensions

MOST_PROBES = 1000
DTYPES = ("float32", "float64")

_NAME = re.compile(r"[^\W0-9]\w*")
_PREFIX = re.compile(r"[^\W0-9][\w-]*")
_LINE = re.compile(r"(.+):([1-9][0-9]{0,8})")
_ROOT_KEYS = ("prefix", "select", "image", "probe")
_SELECT_KEYS = ("function", "loops", "pixel", "header")
_IMAGE_KEYS = ("quantity", "flag", "default", "dtype", "width")
_PROBE_KEYS = (
    "function",
    "after",
    "before",
    "loop",
    "line",
    "text",
    "returned",
    "call",
    "when",
    "first",
    "index",
    "optional",
    "quantities",
)
_PLACES = ("after", "before", "line", "text", "returned")


def read_probe_file(path: Path, *, shipped: bool = False) -> ProbeFile:
    """Return the probes of a TOML file.

    Raises
    ------
    InputError
        If it cannot be read.
    UsageError
        If it holds something that is no probe; the message names the key, and the nearest one that exists.
    """
    return _ProbeFileReader(path).read(read_toml(path), shipped=shipped)


def probes_of(document: Mapping[str, Any], name: str = "probes") -> ProbeFile:
    """Return the probes of a document: what a probe file holds, as Python's tables and lists.

    Raises
    ------
    UsageError
        As :func:`read_probe_file` does; the message begins with `name`.
    """
    return replace(_ProbeFileReader(Path(name)).read(document, shipped=False), path=None)


class _ProbeFileReader:
    """Reads a document, with the name of its file in every complaint."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, document: Mapping[str, Any], *, shipped: bool) -> ProbeFile:
        self._known(document, _ROOT_KEYS, "")
        selection = self._selection(self._table(document.get("select", {}), "select"))
        entries = document.get("probe", [])
        if not isinstance(entries, list) or not entries:
            raise self._wrong("probe", "there is none; write each as [[probe]]")
        if len(entries) > MOST_PROBES:
            raise self._wrong("probe", f"there are {len(entries)}; at most {MOST_PROBES} are taken")
        probes = tuple(
            self._probe(self._table(entry, f"probe {at}"), at, selection) for at, entry in enumerate(entries, 1)
        )
        prefix = self._text(document, "prefix", "", default="TRACE_C")
        if not _PREFIX.fullmatch(prefix):
            raise self._wrong("prefix", f"{prefix!r} begins no trace line: letters, digits and _")
        image = self._image(document["image"], probes) if "image" in document else None
        return ProbeFile(probes, selection, image, prefix, self._path, shipped)

    def _selection(self, table: Mapping[str, Any]) -> Selection:
        self._known(table, _SELECT_KEYS, "select.")
        loops = self._texts(table, "loops", "select.")
        pixel = self._texts(table, "pixel", "select.")
        for name in pixel:
            if name not in loops and (not _NAME.fullmatch(name) or nearest(name, loops)):
                raise self._wrong("select.pixel", f"{name!r} is none of select.loops{_hint(name, loops)}")
        if pixel and len(pixel) != 2:
            raise self._wrong("select.pixel", "two loop variables, slow first")
        header = self._text(table, "header", "select.", default="")
        try:
            fields = {name for _, name, _, _ in Formatter().parse(header) if name is not None}
        except ValueError as error:
            raise self._wrong("select.header", str(error)) from None
        if "\n" in header or not fields <= {*loops, *pixel}:
            raise self._wrong("select.header", "one line; what stands in braces is one of select.loops or select.pixel")
        chosen = (pixel[0], pixel[1]) if pixel else None
        return Selection(self._text(table, "function", "select.", default="") or None, tuple(loops), chosen, header)

    def _probe(self, table: Mapping[str, Any], number: int, selection: Selection) -> Probe:
        where = f"probe {number}: "
        self._known(table, _PROBE_KEYS, where)
        given = self._table(table.get("quantities", {}), f"{where}quantities")
        if not given:
            raise self._wrong(f"{where}quantities", 'is empty; write quantities = { NAME = "EXPRESSION [UNIT]" }')
        return Probe(
            self._place(table, where, selection),
            tuple(self._quantity(name, text, f"{where}quantities.{name}") for name, text in given.items()),
            self._whole_numbers(table, "when", where),
            self._truth(table, "first", where),
            self._expressions(table, "index", where),
            self._truth(table, "optional", where),
            number,
        )

    def _place(self, table: Mapping[str, Any], where: str, selection: Selection) -> Place:
        said = [key for key in _PLACES if key in table]
        if len(said) != 1:
            raise self._wrong(where.rstrip(": "), f"one of {', '.join(_PLACES)} says where it stands; {len(said)} do")
        function = self._text(table, "function", where, default="") or selection.function
        line = self._text(table, "line", where, default="")
        match = _LINE.fullmatch(line)
        if line and match is None:
            raise self._wrong(f"{where}line", f'{line!r} is no place; write it as "prog.c:120"')
        if function is None and match is None:
            raise self._wrong(where.rstrip(": "), "function is missing, and select.function, too")
        call = table.get("call", 1)
        if type(call) is not int or call < 1:
            raise self._wrong(f"{where}call", "a number from 1 on")
        return Place(
            function,
            self._text(table, "after", where, default="") or None,
            self._text(table, "before", where, default="") or None,
            self._text(table, "loop", where, default="") or None,
            (match[1], int(match[2])) if match else None,
            self._text(table, "text", where, default="") or None,
            self._text(table, "returned", where, default="") or None,
            call,
        )

    def _quantity(self, name: str, text: object, where: str) -> ProbedQuantity:
        if not _NAME.fullmatch(name) or name.lower() in {"nan", "inf", "infinity"}:
            raise self._wrong(where, f"{name!r} is no name of a quantity: letters, digits and _")
        if not isinstance(text, str):
            raise self._wrong(where, 'an expression is a text: "h, k, l", "a[1..3]*1e10 [Angstrom]"')
        try:
            expressions, unit = parse_quantity(text)
        except ExpressionError as error:
            raise self._wrong(where, str(error)) from None
        if unit and not dimensions.known(unit):
            raise self._wrong(where, f"{unit!r} is no unit that nbtrace knows")
        return ProbedQuantity(name, expressions, unit, text)

    def _image(self, value: object, probes: Iterable[Probe]) -> ImageCheck:
        table = self._table(value, "image")
        self._known(table, _IMAGE_KEYS, "image.")
        names = [quantity.name for probe in probes for quantity in probe.quantities]
        quantity = self._text(table, "quantity", "image.")
        if quantity not in names:
            raise self._wrong("image.quantity", f"no probe gives {quantity!r}{_hint(quantity, names)}")
        dtype = self._text(table, "dtype", "image.", default="float32")
        if dtype not in DTYPES:
            raise self._wrong("image.dtype", f"{dtype!r} is none of {', '.join(DTYPES)}")
        flag = table.get("flag", [])
        flags = [flag] if isinstance(flag, str) else self._texts(table, "flag", "image.")
        width = self._text(table, "width", "image.")
        return ImageCheck(quantity, tuple(flags), self._text(table, "default", "image."), dtype, width)

    def _known(self, table: Mapping[str, Any], keys: Iterable[str], where: str) -> None:
        for key in table:
            if key not in keys:
                raise self._wrong(f"{where}{key}", f"there is no such key{_hint(key, keys)}")

    def _table(self, value: object, where: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(where, "is no table")
        return value

    def _text(self, table: Mapping[str, Any], key: str, where: str, *, default: str | None = None) -> str:
        value = table.get(key, default)
        if value is None:
            raise self._wrong(f"{where}{key}", "is missing")
        if not isinstance(value, str) or "\0" in value or "\n" in value:
            raise self._wrong(f"{where}{key}", "is no text of one line")
        if key in table and not value.strip():
            raise self._wrong(f"{where}{key}", "is empty")
        return value

    def _texts(self, table: Mapping[str, Any], key: str, where: str) -> list[str]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self._wrong(f"{where}{key}", "is no list of texts")
        if len(set(value)) < len(value):
            raise self._wrong(f"{where}{key}", "names something twice")
        return value

    def _truth(self, table: Mapping[str, Any], key: str, where: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(f"{where}{key}", "is neither true nor false")
        return value

    def _whole_numbers(self, table: Mapping[str, Any], key: str, where: str) -> Mapping[str, int]:
        given = self._table(table.get(key, {}), f"{where}{key}")
        for name, value in given.items():
            if type(value) is not int:
                raise self._wrong(f"{where}{key}.{name}", "is no whole number")
            self._readable(name, f"{where}{key}")
        return dict(given)

    def _expressions(self, table: Mapping[str, Any], key: str, where: str) -> Mapping[str, str]:
        given = self._table(table.get(key, {}), f"{where}{key}")
        for name, text in given.items():
            if not isinstance(text, str) or not _NAME.fullmatch(name):
                raise self._wrong(f"{where}{key}.{name}", 'write it as { NAME = "VARIABLE" }')
            self._readable(text, f"{where}{key}.{name}")
        return dict(given)

    def _readable(self, text: str, where: str) -> None:
        try:
            parse_quantity(text)
        except ExpressionError as error:
            raise self._wrong(where, str(error)) from None

    def _wrong(self, where: str, what: str) -> UsageError:
        return UsageError(f"{self._path}: {where}: {what}" if where else f"{self._path}: {what}")


def _hint(word: str, names: Iterable[str]) -> str:
    names = tuple(names)
    near = nearest(word, names)
    if near is not None:
        return f"; did you mean {near}?"
    return f"; there are {', '.join(names[:12])}"
