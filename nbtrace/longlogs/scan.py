"""From the bytes of a chunk to its regular lines: templates, numbers, and which lines are left to the line reader.

What is found here depends on the lines alone, not on what came before them, so chunks can be scanned in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from nbtrace.longlogs.chunks import Chunk
from nbtrace.longlogs.decimals import Bytes, Decimals, Figures, Flags, Floats, Ints, parse, word_at
from nbtrace.longlogs.templates import LONGEST_HEAD, NO_TEMPLATE, SHORTEST_HEAD, Templates
from nbtrace.parsers.dialect import LONGEST_LINE
from nbtrace.parsers.source import text_of

BLANK = -2
"""Template of an empty line."""

IRREGULAR = NO_TEMPLATE
"""Template of a line that the line reader must read."""

_SPACE, _NEWLINE, _RETURN, _DOT, _EQUALS, _MINUS = (ord(sign) for sign in " \n\r.=-")
_STUDIED = 512
_FORMS = 16
"""More than the most numbers that a regular line has."""

_LONGEST_WORD = 32
_MOST_PHI_TEMPLATES = 8
_PHI_STARTS = tuple(
    (int.from_bytes(prefix[:8], "little"), int.from_bytes(prefix[8:12], "little"))
    for prefix in (b"TRACE_C_PHI ", b"TRACE_PY_PHI", b"TRACE_PY_ROTSTAR")
)


@dataclass(frozen=True, slots=True)
class Scan:
    """A chunk's lines.

    Attributes
    ----------
    chunk : Chunk
    line_start, line_stop : array of int64, shape (lines,)
        Where each line is in the buffer, without its end.
    template : array of int64, shape (lines,)
        Number of the line's template, `BLANK` or `IRREGULAR`.
    row_line : array of int64, shape (rows,)
        The line of each value, from 0; a per-φ line has several.
    kind : array of int64, shape (rows,)
        Kind of each value.
    step : array of int64, shape (rows,)
        Step of the sweep that the line names, -1 if it names none.
    offset : array of int64, shape (rows + 1,)
        Numbers of value i are `numbers[offset[i]:offset[i + 1]]`.
    numbers : array of float64
    text_start, text_stop : array of int64, shape (numbers,)
        The printed text of each number in the buffer.
    figures : callable
        How each number was printed.
    """

    chunk: Chunk
    line_start: Ints
    line_stop: Ints
    template: Ints
    row_line: Ints
    kind: Ints
    step: Ints
    offset: Ints
    numbers: Floats
    text_start: Ints
    text_stop: Ints
    figures: Callable[[], Figures]

    def line(self, at: int) -> str:
        """Return the text of a line."""
        return _text(self.chunk.buffer, self.line_start[at], self.line_stop[at])


@dataclass(frozen=True, slots=True)
class _Tokens:
    """What stands between separators (blanks, other control characters, and `=`), and those of it that are numbers.

    `first` and `last` are tokens, one of each for a line; `words` counts those that are no numbers, up to each token;
    `numbers`, `number_start` and `number_stop` are of the numbers alone.
    """

    buffer: Bytes
    start: Ints
    stop: Ints
    end: Bytes
    is_number: Flags
    words: Ints
    first: Ints
    last: Ints
    numbers: Decimals
    number_start: Ints
    number_stop: Ints

    def numbers_of(self, token: Ints) -> Ints:
        """Return which of the numbers some tokens are."""
        return token - self.words.take(token)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines: where each is, its last token that is no number, how many numbers follow that, and which is the last."""

    start: Ints
    stop: Ints
    last_word: Ints
    count: Ints
    last_number: Ints


def scan(chunk: Chunk, templates: Templates) -> Scan:
    """Scan a chunk, adding to `templates` what it has and they have not."""
    tokens = _tokens(chunk)
    lines = _lines(tokens)
    template = np.full(lines.start.shape, IRREGULAR)
    template[lines.start == lines.stop] = BLANK
    _match_heads(tokens, templates, template, lines)
    phi = _match_phi(tokens, templates, template, np.flatnonzero(template == IRREGULAR))
    return _assemble(chunk, tokens, templates, template, lines, phi)


def _text(buffer: Bytes, start: np.int64, stop: np.int64) -> str:
    return text_of(buffer[start:stop].tobytes())


def _tokens(chunk: Chunk) -> _Tokens:
    buffer = chunk.buffer
    text = buffer[: chunk.stop]
    event = np.flatnonzero((text <= _SPACE) | (text == _DOT) | (text == _EQUALS))
    event = event[chunk.start - 1 :]
    sign, behind = buffer.take(event), None
    if chunk.has(b"\r"):
        event, sign, behind = _join_line_ends(event, sign)
    separator = np.flatnonzero(sign != _DOT)
    at, end = event.take(separator), sign.take(separator[1:])
    start, stop = at[:-1] + 1 if behind is None else behind.take(separator[:-1]), at[1:]
    dots = np.diff(separator) - 1
    initial = buffer.take(start)
    ends_number = (end == _SPACE) | (end == _NEWLINE)
    candidate = np.flatnonzero(
        (((initial - ord("0")) <= 9) | (initial == _MINUS) | (initial == _DOT)) & ends_number & (dots <= 1)
    )
    has_dot = dots.take(candidate) == 1
    dot = np.where(has_dot, event.take(separator.take(candidate) + has_dot), -1)
    number_start, number_stop = start.take(candidate), stop.take(candidate)
    numbers = parse(buffer, number_start, number_stop, dot)
    if not numbers.valid.all():
        valid = np.flatnonzero(numbers.valid)
        numbers, candidate = numbers.at(valid), candidate.take(valid)
        number_start, number_stop = number_start.take(valid), number_stop.take(valid)
    is_number = np.zeros(start.shape, dtype=np.bool_)
    is_number[candidate] = True
    last = np.flatnonzero(end == _NEWLINE)
    first = np.concatenate([[0], last[:-1] + 1]) if last.size else last
    words = np.cumsum(~is_number, dtype=np.int64)
    return _Tokens(buffer, start, stop, end, is_number, words, first, last, numbers, number_start, number_stop)


def _lines(tokens: _Tokens) -> _Lines:
    words = tokens.words.take(tokens.last)
    last_word = np.concatenate([[-1], np.flatnonzero(~tokens.is_number)]).take(words)
    start, stop = tokens.start.take(tokens.first), tokens.stop.take(tokens.last)
    return _Lines(start, stop, last_word, tokens.last - last_word, tokens.last - words)


def _join_line_ends(event: Ints, sign: Bytes) -> tuple[Ints, Bytes, Ints]:
    r"""Make one newline of each `\r\n`; return where each event is, which it is, and what follows it."""
    behind = event + 1
    pair = np.flatnonzero((sign[:-1] == _RETURN) & (sign[1:] == _NEWLINE) & (event[1:] == behind[:-1]))
    sign[pair] = _NEWLINE
    behind[pair] += 1
    keep = np.ones(event.shape, dtype=np.bool_)
    keep[pair + 1] = False
    return event[keep], sign[keep], behind[keep]


def _match_heads(tokens: _Tokens, templates: Templates, template: Ints, every: _Lines) -> None:
    """Set the template of lines that are a known head followed by numbers."""
    lines = np.flatnonzero((every.count > 0) & (every.last_word >= tokens.first))
    start, stop = every.start.take(lines), tokens.stop.take(every.last_word.take(lines)) + 1
    length = stop - start
    fits = (length >= SHORTEST_HEAD) & (length <= LONGEST_HEAD)
    if not fits.all():
        lines, start, stop = lines[fits], start[fits], stop[fits]
    head = templates.table.find(tokens.buffer, start, stop)
    unknown = np.flatnonzero(head == NO_TEMPLATE)
    while unknown.size:
        studied = unknown[:_STUDIED].tolist()
        if not templates.learn_heads({tokens.buffer[start[at] : stop[at]].tobytes() for at in studied}):
            unknown = unknown[_STUDIED:]
            continue
        head[unknown] = templates.table.find(tokens.buffer, start[unknown], stop[unknown])
        unknown = unknown[head[unknown] == NO_TEMPLATE]
    known = np.flatnonzero(head != NO_TEMPLATE)
    form = head.take(known) * _FORMS + np.minimum(every.count.take(lines.take(known)), _FORMS - 1)
    size = int(form.max(initial=0)) + 1
    first_of = np.full(size, -1)
    first_of[form[::-1]] = known[::-1]
    table = np.full(size, IRREGULAR)
    for number in np.flatnonzero(first_of >= 0).tolist():
        line = lines[first_of[number]]
        text = _text(tokens.buffer, tokens.start[tokens.first[line]], tokens.stop[tokens.last[line]])
        table[number] = templates.of_head(number // _FORMS, number % _FORMS, text)
    template[lines.take(known)] = table.take(form)


@dataclass(frozen=True, slots=True)
class _PhiLines:
    """Per-φ lines of one template: their lines, the token of each value, and their steps."""

    template: int
    lines: Ints
    tokens: Ints
    steps: Ints


def _match_phi(tokens: _Tokens, templates: Templates, template: Ints, lines: Ints) -> list[_PhiLines]:
    """Set the template of per-φ lines."""
    words = tokens.buffer.view(np.uint64)
    start = tokens.start[tokens.first[lines]]
    eight, four = word_at(words, start), word_at(words, start + 8) & np.uint64(0xFFFFFFFF)
    is_phi = np.zeros(lines.shape, dtype=np.bool_)
    for begins, goes_on in _PHI_STARTS:
        is_phi |= (eight == np.uint64(begins)) & (four == np.uint64(goes_on))
    lines = lines[is_phi]
    lines = lines[tokens.stop[tokens.last[lines]] - tokens.start[tokens.first[lines]] <= LONGEST_LINE]
    size = tokens.last[lines] - tokens.first[lines] + 1
    matched = []
    for count in np.flatnonzero(np.bincount(size)).tolist() if lines.size else []:
        if count >= 5 and count % 2:
            matched += _phi_of_size(tokens, templates, template, lines[size == count], count)
    return matched


def _phi_of_size(tokens: _Tokens, templates: Templates, template: Ints, lines: Ints, count: int) -> list[_PhiLines]:
    token = tokens.first[lines][:, None] + np.arange(count)
    named = np.concatenate([token[:, :1], token[:, 1::2]], axis=1)
    assigned = (tokens.end[token[:, 1::2]] == _EQUALS).all(axis=1) & (tokens.end[token[:, 0]] == _SPACE)
    short = (tokens.stop[named] - tokens.start[named] <= _LONGEST_WORD).all(axis=1)
    fits = assigned & short & tokens.is_number[token[:, 2::2]].all(axis=1)
    token, named, lines = token[fits], named[fits], lines[fits]
    matched = []
    for _ in range(_MOST_PHI_TEMPLATES):
        if not lines.size:
            break
        same = _same_words(tokens, named)
        words = tuple(tokens.buffer[tokens.start[at] : tokens.stop[at]].tobytes() for at in named[0].tolist())
        group = _learn_phi(tokens, templates, token[same], lines[same], words)
        if group is not None:
            template[group.lines] = group.template
            matched.append(group)
        token, named, lines = token[~same], named[~same], lines[~same]
    return matched


def _learn_phi(
    tokens: _Tokens, templates: Templates, token: Ints, lines: Ints, words: tuple[bytes, ...]
) -> _PhiLines | None:
    """Return the per-φ lines with the given words, None if they have no template."""
    if not templates.sweep or templates.sweep not in words:
        return None
    place = words.index(templates.sweep) - 1
    step = tokens.numbers.values[tokens.numbers_of(token[:, 2 + 2 * place])]
    regular = np.flatnonzero((step >= 0) & (step < 2**31) & (step == np.floor(step)))
    if not regular.size:
        return None
    token = token[regular]
    number = templates.of_phi(words, _text(tokens.buffer, tokens.start[token[0, 0]], tokens.stop[token[0, -1]]))
    if number == NO_TEMPLATE:
        return None
    return _PhiLines(number, lines[regular], np.delete(token[:, 2::2], place, axis=1), step[regular].astype(np.int64))


def _same_words(tokens: _Tokens, named: Ints) -> Flags:
    """Return which lines have the same words as the first, byte by byte."""
    size = tokens.stop[named] - tokens.start[named]
    same: Flags = (size == size[0]).all(axis=1)
    for column, length in enumerate(size[0].tolist()):
        at = tokens.start[named[:, column]]
        for offset in range(length):
            char = tokens.buffer[at + offset]
            same &= char == char[0]
    return same


def ranges(first: Ints, count: Ints) -> Ints:
    """Return the whole numbers from each of `first` on, as many as `count` says, one range after the other."""
    total = int(count.sum())
    before = np.cumsum(count) - count
    return np.repeat(first - before, count) + np.arange(total)


def _assemble(
    chunk: Chunk, tokens: _Tokens, templates: Templates, template: Ints, lines: _Lines, phi: list[_PhiLines]
) -> Scan:
    first_kind = np.array([item.first_kind for item in templates.templates] + [0, 0])
    values = np.array([item.values for item in templates.templates] + [0, 0])
    numbers_of = np.where(template >= 0, lines.count, 0)
    for group in phi:
        numbers_of[group.lines] = group.tokens.shape[1]
    rows_of = values.take(template)
    row_line = np.repeat(np.arange(template.size), rows_of)
    kind = first_kind.take(template.take(row_line))
    size = numbers_of.take(row_line)
    step = np.full(row_line.size, -1)
    number = _numbers_in_use(tokens, lines, numbers_of, phi)
    if phi:
        row_first = np.cumsum(rows_of) - rows_of
        for group in phi:
            of_line = np.arange(group.tokens.shape[1])
            rows = row_first[group.lines][:, None] + of_line
            step[rows], size[rows] = group.steps[:, None], 1
            kind[rows] += of_line
    numbers, start, stop = tokens.numbers, tokens.number_start, tokens.number_stop
    if number is not None:
        start, stop = start.take(number), stop.take(number)
    return Scan(
        chunk=chunk,
        line_start=lines.start,
        line_stop=lines.stop,
        template=template,
        row_line=row_line,
        kind=kind,
        step=step,
        offset=np.concatenate([[0], np.cumsum(size)]),
        numbers=numbers.values if number is None else numbers.values.take(number),
        text_start=start,
        text_stop=stop,
        figures=partial(numbers.figures, number),
    )


def _numbers_in_use(tokens: _Tokens, lines: _Lines, numbers_of: Ints, phi: list[_PhiLines]) -> Ints | None:
    """Return which numbers are of values, in the order of these; None if all are."""
    total = int(numbers_of.sum())
    if not phi:
        if total == tokens.number_start.size:
            return None
        keyed = np.flatnonzero(numbers_of)
        count = numbers_of.take(keyed)
        return ranges(lines.last_number.take(keyed) - count + 1, count)
    begins = lines.last_number - numbers_of + 1
    number = ranges(begins, numbers_of)
    offset_of = np.cumsum(numbers_of) - numbers_of
    for group in phi:
        place = offset_of[group.lines][:, None] + np.arange(group.tokens.shape[1])
        number[place] = tokens.numbers_of(group.tokens)
    return number
