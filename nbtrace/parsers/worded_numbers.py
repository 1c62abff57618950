"""The numbers of a line of prose, each with the words in front of it: `STEP 100  TEMP = 309.9` has a STEP and a TEMP.

What a program says of the machine, of its version and of how long it took is no part of its result.
"""

import re

from nbtrace.frozen import frozen
from nbtrace.parsers.numerals import NUMBER

_CLOCK = r"(?:seconds?|minutes?|hours?|s|ms|µs|us|ns|min|h|it/s)(?!\w)"
_UNIT_BEHIND = r"(?<=[0-9.])(?=[A-Za-zµ°Å%]+(?!\w))"
_number = re.compile(rf"(?<![\w.^])(?:{NUMBER})(?:(?!\w)|{_UNIT_BEHIND})").finditer
_simulated_time = re.compile(
    rf"(?:^|(?<=[0-9.,;|]))\s*\btime\s*[=:]?\s*(?:{NUMBER})(?![\w.]|\s?{_CLOCK})", re.IGNORECASE
).sub
_no_number = re.compile(
    r"[0-9]+:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?"  # a clock
    r"|[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}"  # a date
    r"|(?<!\w)v?[0-9]+(?:\.[0-9]+){2,}"  # a version
    r"|(?<!\w)0x[0-9a-fA-F]+(?![\w.])"  # an address
    rf"|(?<!\S)(?!(?:\S*=)?(?:{NUMBER})(?:/(?:{NUMBER}))+(?![\w./]))"  # no file, but numbers
    r"(?:[~.]?/\S+|[^\s/]+/[^\s/]+/\S+|[^\s.]*(?:\.[^\s.]+)*\.[a-z][a-z]\w{0,3}(?!\S))"  # a file
).sub
_IN_NATURE = (
    *("life", "dead", "residence", "pulse", "exposure", "collision", "relaxation", "coherence", "correlation", "decay"),
    *("dwell", "rise", "fall", "transit", "diffusion", "scattering", "tunneling", "shutter", "delay"),
)
"""Words in front of a time or a duration that is a quantity."""
_NO_RUN = "".join(rf"(?<!\b{word}[\s_-])" for word in _IN_NATURE) + rf"(?!(?:{'|'.join(_IN_NATURE)})_?)"
_of_the_machine = re.compile(
    # A wall and a speed are quantities, too: those of the machine are a clock, and how much it does in a time.
    r"(?:^|[,;|:(\[])\s*(?:total\s+)?wall\s*(?:[:=]|(?<=\s)[0-9.])"
    r"|\bspeed\b.{0,60}?\b(?:ns|it|(?:iter|step|cell|pixel|particle|event|ray|frame|sample|token)\w*|\w*flops?|[kmg]i?b)/"
    rf"|\b(?=\w*(?:time|duration)){_NO_RUN}(?:\w*time(?![\s_-](?:steps?|constants?|of[\s_-]flight)\b)|(?:\w+_)?duration)(?!\w)"
    r"|\b(?:timing|elapsed|took|wall[\s_-]?clock\w*"
    r"|wall[\s_](?:s|secs?|seconds?|ms|min|h|hours?)|(?<![0-9]\s)(?:seconds?|minutes?|hours?)"
    r"|date|(?-i:ETA)|cpus?|gpus?|cores|(?<=[0-9]\s)core|core(?=\s+count)|threads?|procs?"
    r"|process(?=\s*(?:id|[=:#0-9]))|process(?:es|ors?)|ranks|(?<=[0-9]\s)rank|mpi|omp\w*|memory|[kmg]i?b(?:ytes)?|bytes"
    r"|pid|host\w*|node\w* name|performance|speed[ _-]?up|version|(?<!energy )(?<!heat )release|revision|commit|built"
    r"|build|compiled|copyright|\(c\))(?!\w)",
    re.IGNORECASE,
).search
_time_behind = re.compile(
    rf"{_CLOCK}|\s{_CLOCK}(?!\s*[=:]?\s*(?:{NUMBER})(?![\w.])(?!\s?{_CLOCK}))"  # `mean 5 min 3` has no minutes
).match
_computed = re.compile(r"[0-9]\.[0-9]|[0-9]\.?[eEdD][+-]?[0-9]").search
_of_the_run = re.compile(
    r"(?:(?:n|num|number_of|max|mpi)_?)?(?:threads?|procs?|processes|cpus?|gpus?|cores|ranks)"
    r"|(?:p|pp|t|(?:process|thread|job|task|run)_?)id"
    r"|(?:host|user)_?(?:name)?|time_?stamp"
    r"|(?:(?:peak|max|total|used)_?)?(?:memory|rss)(?:_?(?:usage|used))?"
    r"|(?:omp|mkl|openblas|slurm)_\w+",
    re.IGNORECASE,
).fullmatch
_between_components = re.compile(r"[\s,;()\[\]{}<>&*±+/-]*(?:(?<![^\W0-9])[x×](?![^\W0-9])[\s()]*)?").fullmatch
_last_part = re.compile(r".*[,;|]|.*?[:>]\s+(?=.*\w)", re.DOTALL).match
_truth_behind = re.compile(
    r"\s*(?:(?:\s|\|\s*)(yes|no|true|false)|(?:\s\s|\|\s*)([TF]))\s*\|?\s*", re.IGNORECASE
).fullmatch
_TRUTH = "yes or no"
"""The key of a last column that says one of the two."""
_BARE = "numbers"
"""The key of numbers without a word in front of them."""
_LONGEST_KEY = 60
_LONGEST_WORDS = 200


def worded_numbers(line: str) -> tuple[tuple[str, str], ...]:
    """Return the numbers of a line by the words in front of each; those beside one another are one value.

    A yes or no behind the last of them is a value, too. Nothing is returned of a line that speaks of the machine, the
    version of a program, or how long something took; `Time = 0.1  E = 3.25` begins with the time of a simulation, whose
    other values are returned.
    """
    line = _simulated_time("\0", line)
    if _of_the_machine(line):
        return ()
    text = _no_number("\0", line)
    found: list[tuple[str, str]] = []
    end = 0
    for match in _number(text):
        between = text[end : match.start()]
        end = match.end()
        if _time_behind(text, end):
            continue
        if found and _between_components(between):
            found[-1] = found[-1][0], f"{found[-1][1]} {match[0]}"
        else:
            found.append((_key(between), match[0]))
    rest = text[end:]
    if found and (truth := _truth_behind(rest)):
        found.append((_TRUTH, truth[1] or truth[2]))
    return tuple(pair for pair in found if not is_of_the_run(pair[0]))


def holds_computed(line: str) -> bool:
    """Return whether a line holds numbers with a decimal point or an exponent, be they of the machine or of a time."""
    return any(_computed(match[0]) for match in _number(_no_number("\0", line)))


def is_of_the_run(key: str) -> bool:
    """Return whether a key names what no two runs have in common: threads, process numbers, hosts, memory."""
    return _of_the_run("_".join(key.split())) is not None


@frozen
class ComputedNumbers:
    """Whether a line holds numbers with a decimal point or an exponent, and whether one of them has words in front."""

    found: bool
    in_words: bool


def computed_numbers(line: str) -> ComputedNumbers:
    """Return whether a line tells what a program has computed; a count alone may stand in any text."""
    keys = [key for key, numbers in worded_numbers(line) if _computed(numbers)]
    return ComputedNumbers(bool(keys), any(key != _BARE for key in keys))


def _key(between: str) -> str:
    """Return what stands in front of a number, without what belongs to the number before it."""
    text = between.rpartition("\0")[2][-_LONGEST_WORDS:].strip().rstrip("=:<>~([{|-+ \t").lstrip(")]}:,;|>= \t")
    while part := _last_part(text):
        text = text[part.end() :].strip()
    return " ".join(text.split())[-_LONGEST_KEY:].lstrip() or _BARE
