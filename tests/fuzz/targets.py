"""What inputs are thrown at, and what must hold of each."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from shutil import rmtree

from nbtrace import check, compare_phi, diff, explain, scaling_chain
from nbtrace.compare.diff import DiffResult
from nbtrace.compare.judge import Row
from nbtrace.compare.noise import read_noise
from nbtrace.documents import dump
from nbtrace.errors import InputError, NbtraceError
from nbtrace.evidence import Bundle, Provenance, read_contents
from nbtrace.evidence.verification import Integrity
from nbtrace.evidence.verify import verify
from nbtrace.longlogs.columnar import ColumnReader, NotColumnarError
from nbtrace.longlogs.stream import diff_long
from nbtrace.parsers import read_sides, read_trace
from nbtrace.parsers.dialect import dialect_of
from nbtrace.parsers.format_check import check_format
from nbtrace.parsers.source import LogLines, read_lines
from nbtrace.parsers.trace_format import EXAMPLE, VERSION_LINE
from nbtrace.programs.suite_file import read_suite, tasks
from nbtrace.records import Trace
from nbtrace.report.ci import render_ci
from nbtrace.report.documents.explain_document import explain_document
from nbtrace.report.documents.trace_documents import check_document, diff_document, phi_document, scaling_document
from nbtrace.report.markdown import render
from nbtrace.report.page.page import render_page
from nbtrace.report.views.check_view import check_view
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.explain_view import explain_view
from nbtrace.report.views.phi_view import phi_view
from nbtrace.report.views.scaling_view import scaling_view
from nbtrace.report.views.unified import unified
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy, read_policy, resolve_policy
from nbtrace.vocabulary import registry
from simulator.arguments import file_values, parse
from simulator.canonical import canonical_arguments
from simulator.config_file import load_config
from simulator.errors import SimulatorError
from simulator.flags import FLAGS
from simulator.lint import lint
from tests.column_trace import column_trace
from tests.fuzz import corpus, images, oracle, structures
from tests.fuzz.campaign import Sample, Target
from tests.fuzz.mutate import mutated

_CHUNKS = (97, 1000, 1 << 20)


def _written(sample: Sample, folder: Path) -> list[str]:
    """Write the files of an input; return their full names."""
    for name, content in sample.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in sample]


# Reading.


def _a_log(chance: Random) -> Sample:
    return {"any.log": mutated(corpus.slice_of_log(chance, 20), chance, corpus.logs())}


def _a_document(chance: Random) -> Sample:
    return {"any.json": structures.document(chance.choice(corpus.DOCUMENTS), chance)}


def _read(sample: Sample, folder: Path) -> bool:
    (name,) = _written(sample, folder)
    try:
        traces = read_sides(name)
    except NbtraceError:
        return False
    for trace in traces:
        adds_up(trace)
    return any(trace.records for trace in traces)


def adds_up(trace: Trace) -> None:
    """Check that every line is accounted for, and every number is that of its text."""
    account = trace.account
    assert account.total == account.used + account.structure + account.ignored + len(account.unreadable)
    assert min(account.used, account.structure, account.ignored) >= 0
    for line in (*(bad.line for bad in account.unreadable), *(record.line for record in trace.records)):
        assert 1 <= line <= account.total
    for record in trace.records:
        assert len(record.value.tokens) == len(record.value.numbers) == len(record.numbers)
        for token, number in zip(record.value.tokens, record.value.numbers, strict=True):
            assert math.isnan(number) or _value(token) == number


def _value(token: str) -> float:
    """Return the value of a printed number: as Python reads it, with Fortran's exponents, in hexadecimal digits."""
    if "0x" in token.lower():
        mantissa, _, power = token.lower().partition("p")
        sign, digits = (-1 if mantissa.startswith("-") else 1), mantissa.lstrip("+-").removeprefix("0x")
        whole, _, behind = digits.partition(".")
        try:
            return sign * math.ldexp(int(whole + behind, 16), int(power) - 4 * len(behind))
        except OverflowError:
            return sign * math.inf
    if "#" in token:
        return -math.inf if token.startswith("-") else math.inf
    with_letter = re.sub(
        r"(?<=[0-9.])([+-][0-9]{3})$",
        r"e\1",
        token if "n" in token.lower() else token.replace("D", "e").replace("d", "e"),
    )
    return float(with_letter)


def _by_columns(sample: Sample, folder: Path) -> bool:
    (name,) = _written(sample, folder)
    size = _CHUNKS[len(sample["any.log"]) % len(_CHUNKS)]
    columns = _outcome(lambda: _shown(column_trace(ColumnReader(name, size))))
    if columns is not None:
        assert columns == _outcome(lambda: "\n".join(map(_shown, read_sides(name))))
    return columns is not None


def _mended(sample: Sample, folder: Path) -> bool:
    """What the check of the trace format says that a line should be is in the format."""
    (name,) = _written(sample, folder)
    dialect = dialect_of(registry.default())
    try:
        result = check_format(read_lines(name), name, dialect)
    except NbtraceError:
        return False
    for fault in result.faults:
        if fault.mend and fault.text:
            lines = "".join(f"{line}\n" for line in (VERSION_LINE, *fault.mend, EXAMPLE))
            again = check_format(LogLines.of([lines.encode()]), name, dialect)
            assert again.is_valid, (fault, again.faults)
    return True


def _shown(trace: Trace) -> str:
    """Return all that a trace holds as text; nan is like nan there."""
    parts = (*trace.records, dict(trace.settings), trace.account, trace.dialects, dict(trace.pixels))
    return "\n".join(map(repr, parts))


def _outcome(read: Callable[[], str]) -> str | None:
    """Return what reading comes to: the text, or the error in words; None where the columns are not for this log."""
    try:
        return read()
    except InputError as error:
        return str(error)
    except NotColumnarError:
        return None


# Comparing.


def _mutated_pair(chance: Random) -> Sample:
    """Return a pair that agrees in its recorded form, after mutations of one side, seldom of both."""
    pair = [text.encode() for text in corpus.agreeing_pair(chance)]
    whole = dict(zip(("c0.log", "py0.log"), pair, strict=True))
    sides = chance.choice([(0,), (1,), (1,), (0, 1)])
    for side in sides:
        others = [pair[side], chance.choice(corpus.logs())]
        pair[side] = mutated(pair[side], chance, others, most=2)
    return {"c.log": pair[0], "py.log": pair[1], **whole}


def _agreement(sample: Sample, folder: Path) -> bool:
    """Hold a verdict of AGREE against the second reader."""
    c, py = _written({name: sample[name] for name in ("c.log", "py.log")}, folder)
    try:
        c_trace, py_trace = read_trace(c), read_trace(py)
        result = diff(c_trace, py_trace)
    except NbtraceError:
        return False
    if result.verdict is not Verdict.AGREE:
        return False
    c_text, py_text = (sample[name].decode("utf-8-sig", errors="replace") for name in ("c.log", "py.log"))
    common = common_places(sample)
    found = oracle.objections(c_text, py_text, common)
    untold = [str(item) for item in found if not _is_told(item, result)]
    assert not untold, untold
    if found:
        assert diff(c_trace, py_trace, strict=True).verdict is Verdict.DIFFER, list(map(str, found))
    return bool(common)


def common_places(sample: Sample) -> dict[oracle.Place, str]:
    """Return the places that both logs of a pair had before they were mutated, with what C printed there."""
    c, py = (oracle.read(sample[name].decode()).values for name in ("c0.log", "py0.log"))
    return {place: values[0] for place, values in c.items() if place in py}


def _is_told(objection: oracle.Objection, result: DiffResult) -> bool:
    """Whether the result names it: one log has no such quantity at all, or traces further points of the pixel."""
    if objection.c and objection.py:
        _, key, _ = objection.place
        further = any(gaps.by_choice for gaps in result.gaps)
        return further and any(oracle.same(key, a, b) for a in objection.c for b in objection.py)
    if any(_is_under_another_key(objection, row) for row in result.rows):
        return True
    having, lacking, named = (
        (result.c, result.py, result.coverage.missing_on_py)
        if objection.c
        else (result.py, result.c, result.coverage.missing_on_c)
    )
    _, key, step = objection.place
    names = {
        item.quantity
        for item in having.records
        if item.key == key and (item.index.ordinal("phi_tic") is None) is (step < 0)
    }
    return bool(names & set(named)) and not any(item.quantity in names for item in lacking.records)


def _is_under_another_key(objection: oracle.Objection, row: Row) -> bool:
    """Whether one log prints the value under a key that means the same; the second reader knows no such keys."""
    _, key, _ = objection.place
    mine, other = (row.c, row.py) if objection.c else (row.py, row.c)
    return mine.key == key != other.key and oracle.same(key, mine.value.text, other.value.text)


def _long(sample: Sample, folder: Path) -> bool:
    """Hold the comparison of long logs against the ordinary one."""
    c, py = _written({name: sample[name] for name in ("c.log", "py.log")}, folder)
    size = _CHUNKS[len(sample["c.log"]) % len(_CHUNKS)]
    by_columns = _long_outcome(lambda: diff_long(c, py, chunk=size))
    if by_columns is not None:
        assert by_columns == _long_outcome(lambda: diff(read_trace(c), read_trace(py)))
    return by_columns is not None


def _long_outcome(compare: Callable[[], DiffResult | None]) -> str | None:
    try:
        result = compare()
    except NbtraceError as error:
        return str(error)
    return None if result is None else dump(diff_document(result)) + render(diff_view(result))


def _two_logs(chance: Random) -> Sample:
    """Return two logs that need not have to do with one another."""
    if chance.random() < 0.7:
        pair = [text.encode() for text in corpus.agreeing_pair(chance)]
    else:
        pair = [corpus.slice_of_log(chance), corpus.slice_of_log(chance)]
    return {name: mutated(log, chance, corpus.logs()) for name, log in zip(("c.log", "py.log"), pair, strict=True)}


def _compared(sample: Sample, folder: Path) -> bool:
    """Compare two logs in every way that needs no configuration, and say the result in every form."""
    traces = []
    for name in _written(sample, folder):
        with suppress(NbtraceError):
            traces.append(read_sides(name)[0])
    for trace in traces:
        alone = check(trace)
        dump(check_document(alone))
        render(check_view(alone))
    if len(traces) < 2:
        return False
    c, py = traces
    result = None
    with suppress(NbtraceError):
        result = diff(c, py)
        dump(diff_document(result))
        render(diff_view(result))
        unified(result)
    with suppress(NbtraceError):
        steps = compare_phi(c, py)
        dump(phi_document(steps))
        render(phi_view(steps))
    with suppress(NbtraceError):
        chain = scaling_chain(c, py)
        dump(scaling_document(chain))
        render(scaling_view(chain))
    return result is not None


def _explained(sample: Sample, folder: Path) -> bool:
    try:
        c, py = (read_sides(name)[0] for name in _written(sample, folder))
        result = explain(c, py)
    except NbtraceError:
        return False
    dump(explain_document(result))
    render(explain_view(result))
    return True


# Settings and documents.


_OTHER_KIND = 0.1
"""How often a file of settings is made of one of another kind."""


def _a_toml(name: str) -> Callable[[Random], Sample]:
    def make(chance: Random) -> Sample:
        kinds = corpus.settings()
        kind = chance.choice(sorted(kinds)) if chance.random() < _OTHER_KIND else name
        return {name: structures.toml(chance.choice(kinds[kind]), chance)}

    return make


def _policy(sample: Sample, folder: Path) -> bool:
    (name,) = _written(sample, folder)
    try:
        limits = Policy().updated(read_policy(Path(name)), "file")
    except NbtraceError:
        return False
    for limit in (limits.relative, *limits.overrides.values()):
        assert type(limit.value) is float
        assert 0 <= limit.value < math.inf
    return True


def _project(sample: Sample, folder: Path) -> bool:
    _written(sample, folder)
    try:
        limits = resolve_policy([], None, folder)
    except NbtraceError:
        return False
    assert all(0 <= limit.value < math.inf for limit in (limits.relative, *limits.overrides.values()))
    return True


def _suite(sample: Sample, folder: Path) -> bool:
    (name,) = _written(sample, folder)
    try:
        found = tasks(read_suite(Path(name)), folder)
    except NbtraceError:
        return False
    for task in found:
        with suppress(NbtraceError):
            task.line(lenient=False)
    return True


def _configuration(sample: Sample, folder: Path) -> bool:
    (name,) = _written(sample, folder)
    try:
        load_config(Path(name))
    except SimulatorError:
        return False
    return True


def _a_command(chance: Random) -> Sample:
    tokens = [flag.token for flag in FLAGS]
    words = structures.words(chance.choice(corpus.FLAGS).split(), tokens, chance)
    return {"words": "\n".join(word.replace("\n", "\r") for word in words).encode(errors="surrogatepass")}


def _flags(sample: Sample, _: Path) -> bool:
    """Read flags strictly and as the reference does; the shortest flags of a configuration give it again."""
    words = sample["words"].decode(errors="surrogateescape").split("\n")
    file_values(words)
    lint(words)
    held = False
    for lenient in (False, True):
        try:
            config = parse(words, lenient=lenient).config
        except SimulatorError:
            continue
        assert parse(canonical_arguments(config)).config == config
        held = True
    return held


def _a_noise(chance: Random) -> Sample:
    return {"noise.json": structures.document(corpus.NOISE, chance)}


def _noise(sample: Sample, folder: Path) -> bool:
    (name,) = _written(sample, folder)
    try:
        noise = read_noise(Path(name))
    except NbtraceError:
        return False
    raised = noise.applied(Policy(), (1, 2))
    noise.told(Policy(), raised, (1, 2))
    assert all(0 <= limit.value < math.inf for limit in raised.overrides.values())
    return True


# Bundles.


@cache
def _bundle_files(folder: Path) -> Mapping[str, bytes]:
    """Return the files of a bundle with a diff, an explanation and a file that was added."""
    rmtree(folder, ignore_errors=True)
    bundle = Bundle.open_or_create(folder)
    pair = corpus.agreeing_pair(Random(1))  # noqa: S311 - no secret
    names = _written(dict(zip(("c.log", "py.log"), (text.encode() for text in pair), strict=True)), folder)
    result = diff(read_trace(names[0]), read_trace(names[1]))
    provenance = Provenance.collect(command=["nbtrace", "diff", "c.log", "py.log"])
    bundle.add_result(
        "diff", metrics=diff_document(result), summary_md=render(diff_view(result)), provenance=provenance
    )
    cause = explain(read_trace(names[0]), read_trace(names[1]))
    bundle.add_result("explain", metrics=explain_document(cause), summary_md="# explain\n", provenance=provenance)
    bundle.add_files([folder / "c.log"])
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file() and path.stat().st_size}


def _a_bundle(chance: Random) -> Sample:
    """Return which files of the bundle are damaged, and what they hold; a file with no name is one that is gone."""
    names = ["sha256.txt", "metrics.json", "run_metadata.json", "summary.md", "commands.txt", "c.log", "env.json"]
    name = chance.choice(names)
    return {name: chance.randbytes(8)}


def _damaged(sample: Sample, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the bundle with damage; the input holds the seed of it, or the whole file once it has been shortened."""
    damaged = dict(files)
    for name, seed in sample.items():
        chance = Random(seed)  # noqa: S311 - no secret
        if chance.random() < 0.05:
            del damaged[name]
        elif name.endswith(".json"):
            damaged[name] = structures.document(files[name], chance)
        else:
            damaged[name] = mutated(files[name], chance, (*files.values(), _MANIFEST_LINES))
    if "sha256.txt" not in sample and Random(repr(sample)).random() < 0.5:  # noqa: S311 - no secret
        damaged["sha256.txt"] = _refreshed(damaged)
    return damaged


_MANIFEST_LINES = b"".join(
    line + b"\n"
    for line in (
        b"# pending: " + b"0" * 64 + b"  metrics_rerun1.json",
        b"# pending: " + b"0" * 64 + b"  ../outside",
        b"0" * 64 + b"  /etc/passwd",
        b"0" * 63 + b"  c.log",
        b"\\" + b"0" * 64 + b"  a\\nb",
        b"SHA256 (c.log) = " + b"f" * 64,
        b"0" * 64 + b" *" + b"x" * 5000,
    )
)


def _refreshed(files: Mapping[str, bytes]) -> bytes:
    """Return a manifest that is right about every file, as one who changes evidence would write it."""
    return b"".join(
        sha256(content).hexdigest().encode() + b"  " + name.encode() + b"\n"
        for name, content in files.items()
        if name != "sha256.txt"
    )


def _bundle(sample: Sample, folder: Path) -> bool:
    """Verify, list and report a damaged bundle; what is called intact has the digests that its manifest names."""
    files = _damaged(sample, _bundle_files(folder.with_name("whole")))
    root = folder / "bundle"
    rmtree(root, ignore_errors=True)
    root.mkdir()
    _written(files, root)
    intact = False
    with suppress(NbtraceError):
        verified = verify(root)
        json.dumps(verified.document())
        intact = verified.outcome() is Integrity.INTACT
        if intact:
            assert not list(_wrong_digests(files)), list(_wrong_digests(files))
    with suppress(NbtraceError):
        bundle = Bundle.open(root)
        bundle.contents()
        contents = read_contents(bundle)
        for form in ("junit", "sarif", "github"):
            render_ci(contents, form)
        if Random(repr(sample)).random() < 0.2:  # noqa: S311 - no secret
            render_page(contents)
    return intact


def _wrong_digests(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the files that are not what a plain line of the manifest says."""
    for line in files.get("sha256.txt", b"").split(b"\n"):
        found = re.fullmatch(rb"([0-9a-f]{64})  ([\w.]+)\r?", line)
        if found and sha256(files.get(found[2].decode(), b"\0gone")).hexdigest().encode() != found[1]:
            yield line.decode()


TARGETS = (
    Target("read a log", _a_log, _read, few=400, share=4, least=0.4),
    Target("read a document", _a_document, _read, few=150, least=0.15),
    Target("both readers", _a_log, _by_columns, few=150, share=2, least=0.3),
    Target("trace format", _a_log, _mended, few=100, least=0.3),
    Target("agreement", _mutated_pair, _agreement, few=100, share=4, least=0.08),
    Target("both comparisons", _mutated_pair, _long, few=30, share=2, least=0.5),
    Target("any two logs", _two_logs, _compared, few=30, share=2, least=0.4),
    Target("explain", _two_logs, _explained, few=5, share=1, least=0.4),
    Target("policy", _a_toml("policy.toml"), _policy, few=150, least=0.015),
    Target("pyproject", _a_toml("pyproject.toml"), _project, few=100, least=0.2),
    Target("suite", _a_toml("suite.toml"), _suite, few=50, least=0.04),
    Target("configuration", _a_toml("any.toml"), _configuration, few=50, least=0.08),
    Target("flags", _a_command, _flags, few=50, least=0.7),
    Target("noise", _a_noise, _noise, few=100, least=0.04),
    Target("bundle", _a_bundle, _bundle, few=10, share=2, least=0.2),
    *images.TARGETS,
)
