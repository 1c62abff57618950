"""Calls that are wrong in a way that tells what was meant: the right call, spelled out."""

import shlex
from collections.abc import Iterable, Mapping, Sequence

from nbtrace.cli.input_kinds import InputKind, exists, kind_of
from nbtrace.errors import InputError
from nbtrace.frozen import frozen
from nbtrace.report.view import typed


@frozen
class Meant:
    """What an option of other programs is here.

    Attributes
    ----------
    words : tuple of str
        The option, and `{}` where its value goes.
    needs : str
        The option of ours that the command must have; empty where none is needed.
    """

    words: tuple[str, ...]
    needs: str

    @property
    def takes_value(self) -> bool:
        """Whether the other program's option has one."""
        return any("{}" in word for word in self.words)


_RELATIVE = Meant(("-t", "{}"), "--tolerance")
_ABSOLUTE = Meant(("-t", "NAME=abs:{}"), "--tolerance")
_OF_PIXELS = Meant(("-t", "abs:{}"), "--pictures")
_EVERYTHING = Meant(("--all",), "--all")
_QUIET = Meant((">", "/dev/null"), "")
_FILE = Meant(("-o", "{}"), "--output")
_OTHER_WORDS: Mapping[str, Meant] = {
    **dict.fromkeys(("--rtol", "--rel-tol", "--reltol", "--relative", "--rel", "--tol", "--eps"), _RELATIVE),
    **dict.fromkeys(("--epsilon", "--precision", "--tolerance", "--threshold", "--rel_tol", "--r-tol"), _RELATIVE),
    **dict.fromkeys(("--atol", "--abs-tol", "--abstol", "--absolute", "--abs", "--abs_tol", "--a-tol"), _ABSOLUTE),
    **dict.fromkeys(("--verbose", "-v", "-vv", "--full", "--long", "--details", "--show-all", "-a"), _EVERYTHING),
    **dict.fromkeys(("--quiet", "-q", "--silent", "-s", "--no-output"), _QUIET),
    **dict.fromkeys(("--out", "--output-file", "--outfile", "--save"), _FILE),
    **dict.fromkeys(("--short", "--summary", "--concise"), Meant(("--brief",), "--brief")),
    **dict.fromkeys(("--markdown", "--out-md", "--md-out"), Meant(("--md", "{}"), "--md")),
    **dict.fromkeys(("--out-json", "--json-out", "--metrics"), Meant(("--json", "{}"), "--json")),
    "--html": Meant(("--bundle", "evidence", "&&", "nbtrace", "report", "evidence"), "--bundle"),
    "--side-by-side": _EVERYTHING,
}
_FORMATS = {
    "json": ("--json", "-"),
    "md": ("--md", "-"),
    "markdown": ("--md", "-"),
    "html": ("--bundle", "evidence", "&&", "nbtrace", "report", "evidence"),
    "text": (),
    "txt": (),
    "plain": (),
    "table": (),
}
_FORMAT_OPTIONS = frozenset({"--format", "--output-format", "--fmt", "-f", "--to"})
_OTHER_OPTIONS: Mapping[str, int] = {
    **{option: int(meant.takes_value) for option, meant in _OTHER_WORDS.items()},
    **dict.fromkeys(_FORMAT_OPTIONS, 1),
}
"""Options of other programs, and how many values each takes."""
_PAGE = "--html"
_SHELL = frozenset({">", "&&"})


def is_page(words: Sequence[str]) -> bool:
    """Whether the first of the words behind --html names the file of a page, and is no input."""
    return bool(words) and words[0].lower().endswith((".html", ".htm"))


def other_options(args: Sequence[str]) -> Mapping[str, int]:
    """Return the options of other programs, and how many values each takes in a call."""
    pages = [is_page(args[place + 1 :]) for place, word in enumerate(args) if word == _PAGE]
    return {**_OTHER_OPTIONS, _PAGE: int(any(pages))}


def right_call(path: str, args: Sequence[str], known: Iterable[str]) -> tuple[str, str] | None:
    """Return an option that is another program's word for one of ours, and the right call; None if none is.

    Parameters
    ----------
    path : str
        The command as typed, `nbtrace diff`.
    args : sequence of str
        The words after it.
    known : iterable of str
        The options that it has.
    """
    options = frozenset(known)
    words = list(args[: args.index("--")] if "--" in args else args)
    rest = list(args[len(words) :])
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in options or not option.startswith("-") or option == "-":
            continue
        given = [value] if equals else words[place + 1 : place + 2]
        meant = _meant(option, given, options)
        if meant is None:
            continue
        ours, taken = meant
        kept = [*words[:place], *words[place + 1 + (taken and not equals) :]]
        return option, _spelled([*path.split(), *kept], ours, rest)
    return None


def _meant(option: str, given: Sequence[str], options: frozenset[str]) -> tuple[tuple[str, ...], bool] | None:
    """Return our words for an option of other programs, and whether it takes the value behind it; None if none are."""
    if option in _FORMAT_OPTIONS and given:
        ours = _FORMATS.get(given[0].lower())
        return None if ours is None or (ours and ours[0] not in options) else (ours, True)
    meant = _OTHER_WORDS.get(option)
    if option == _PAGE and meant is not None and meant.needs in options and is_page(given):
        return (*meant.words, "--output", shlex.quote(given[0])), True
    if meant is _ABSOLUTE and _OF_PIXELS.needs in options:
        meant = _OF_PIXELS
    if meant is None or (meant.needs and meant.needs not in options):
        return None
    if not meant.takes_value:
        return meant.words, False
    value = given[0] if given and not given[0].startswith("--") else "VALUE"
    return tuple(word.replace("{}", value) for word in meant.words), bool(given) and value == given[0]


def _spelled(words: Sequence[str], ours: Sequence[str], rest: Sequence[str]) -> str:
    """Return a call in one line; what the shell acts upon comes last, and is not quoted."""
    split = next((place for place, word in enumerate(ours) if word in _SHELL), len(ours))
    return " ".join([shlex.join([*words, *ours[:split], *rest]), *ours[split:]])


def flags_behind(path: str, args: Sequence[str], known: Mapping[str, int]) -> str:
    """Return the right call where flags of nanoBragg stand without `--` before them; empty if none do."""
    if "--" in args:
        return ""
    place = 0
    while place < len(args):
        word = args[place]
        option = word.partition("=")[0]
        if option not in {*known, *_OTHER_OPTIONS} and _is_flag(word, known):
            return shlex.join([*path.split(), *args[:place], "--", *args[place:]])
        place += 1 + (known.get(option, 0) if "=" not in word else 0)
    return ""


def _is_flag(word: str, known: Iterable[str]) -> bool:
    """Tell whether a word is a flag of nanoBragg: written as they are, and no short option with its value."""
    if len(word) < 2 or word[0] != "-" or not word[1].isalpha():
        return False
    if word[:2] not in known:
        return True
    from simulator.flags import FLAGS  # noqa: PLC0415 - the table of flags, which few calls need

    return any(word in {flag.token, *flag.spellings} for flag in FLAGS)


def files_given(path: str, inputs: Sequence[str]) -> str:
    """Return the right call where a command that runs programs is given two logs or two images; empty if it is not."""
    if not inputs or not all(map(exists, inputs)):
        return ""
    try:
        kinds = {kind_of(name) for name in inputs}
    except InputError:
        return ""
    names = " ".join(map(typed, inputs))
    if len(inputs) == 1:
        if kinds == {InputKind.TRACE}:
            return f"{path} runs programs; a log alone: nbtrace check {names}"
        return ""
    if len(inputs) == 2 and len(kinds) == 1 and InputKind.FOLDER not in kinds:
        what = "logs" if kinds == {InputKind.TRACE} else "images"
        return f"{path} runs programs; two {what} that are there already: nbtrace {names}"
    return ""
