"""Every word has its page, every page its word, and what a page shows is what the commands print."""

from collections.abc import Callable, Iterable, Mapping

import pytest
from _pytest.mark import ParameterSet

from nbtrace.compare.notices.compared import EachSide
from nbtrace.compare.notices.kinds import NOTICE_KINDS
from nbtrace.compare.self_check import RelationState
from nbtrace.compare.sweep_result import SweepOutcome
from nbtrace.differentiation.gradient_row import GradientStatus
from nbtrace.errors import ExitCode
from nbtrace.evidence.verification import FileStatus, Integrity
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.audit.roots import Grounds
from nbtrace.explanation.causes.catalogue import catalogue
from nbtrace.explanation.proof import ProofOutcome
from nbtrace.glossary.lookup import pages_of
from nbtrace.glossary.word_pages import WordPage, WordSection, parsed, sections_of
from nbtrace.physics.nanobragg.judgement import NanoBragg
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.programs.trust import Stability
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.verdicts.waivers import WaiverOutcome
from simulator.defects import Defect
from tests.console_blocks import follow, sessions
from tests.glossary.causes_shown import CAUSES
from tests.glossary.recorded_pairs import NOTICES
from tests.glossary.states_shown import STATES, run

SECTIONS = sections_of(VOCABULARY)
PAGES = [page for section in SECTIONS for page in section.pages]


def section(name: str, title: str = "") -> WordSection:
    return next(item for item in SECTIONS if item.name == name and title in item.title)


def words(pages: Iterable[WordPage]) -> set[str]:
    return {word for page in pages for word in page.words}


def kinds_of_notices() -> set[str]:
    kinds = [kind.kinds if isinstance(kind, EachSide) else (kind,) for kind in NOTICE_KINDS]
    return {kind.__name__ for group in kinds for kind in group}


def first_words(name: str, title: str = "") -> set[str]:
    return {page.word for page in section(name, title).pages}


def test_every_status_has_its_page_and_no_page_lacks_one() -> None:
    assert first_words("statuses") == {status.value for status in Status}


def test_every_verdict_mark_and_outcome_of_a_waiver_has_its_page() -> None:
    expected = {"AGREE", "DIFFER", "NOT COMPARABLE", "STOP", "NOTE", "INFO", *(item.value for item in WaiverOutcome)}
    assert first_words("verdicts") == expected
    assert {verdict.name for verdict in Verdict} <= words(section("verdicts").pages)


def test_every_word_of_an_explanation_has_its_page() -> None:
    expected = {*(item.value for item in AuditStatus), *(item.name for item in ProofOutcome)} - {"NOT_TRIED"}
    assert first_words("explanations") == expected | {"not tried", "told by"}
    (told,) = pages_of("told by", VOCABULARY)
    assert {item.value for item in Grounds} <= set(told.words)


def test_every_state_of_a_relation_has_its_page() -> None:
    assert first_words("relations") == {"CONSISTENT", "INCONSISTENT", *(item.value for item in RelationState)}


def test_every_outcome_of_other_commands_has_its_page() -> None:
    own = {*(item.value for item in SweepOutcome), *(item.value for item in Stability)}
    gradients = {item.value for item in GradientStatus}
    assert first_words("outcomes") == own | gradients - {"AGREE", "DIFFER"} | {"ALARM", "STEADY"}
    assert gradients <= words(PAGES)


def test_every_state_of_evidence_has_its_page() -> None:
    states = {item.value for item in FileStatus} - {"MISSING"}
    assert first_words("evidence") == states | {item.value for item in Integrity}
    (missing,) = pages_of("MISSING", VOCABULARY)
    assert "bundle" in missing.what


def test_every_exit_status_has_its_page() -> None:
    assert first_words("exits") == {f"exit {int(code)}" for code in ExitCode}


def test_every_kind_of_notice_has_its_page() -> None:
    assert first_words("notices") == kinds_of_notices()


def test_every_cause_has_its_page() -> None:
    named = {signature.name for signature in catalogue(NanoBragg(VOCABULARY))}
    any_, own = first_words("causes", "any"), first_words("causes", "nanoBragg")
    assert (any_ | own, any_ & own) == (named - {Defect.CELL_C_STAR_Z.value}, set())
    assert pages_of(Defect.CELL_C_STAR_Z.value, VOCABULARY)


def test_every_defect_has_its_page() -> None:
    assert first_words("defects") == {defect.value for defect in Defect}


WITHOUT_EXAMPLE = {
    **dict.fromkeys(("proof", "CONFIRMED", "PARTLY", "REFUTED", "not tried"), "it takes the reference program"),
    **dict.fromkeys(("probe", "certificate", "twin", "exit 5", "exit 6", "exit 7"), "it takes a program to run"),
    **dict.fromkeys(("PRECISION_LIMITED", "UNDECIDED", "DEFECT"), "the recorded trace has none"),
    **dict.fromkeys(("NOT_DIFFERENTIABLE", "UNMEASURED", "REF_STABLE", "REF_UNSTABLE"), "it takes many runs"),
    **dict.fromkeys(("evidence bundle", "digest", "waiver"), "what they are for is shown by the words below them"),
    **dict.fromkeys(
        (
            *("STALE", "UNREADABLE", "DAMAGED", "INTERRUPTED"),
            *("UNDER_WAY", "SELF", "WEAK", "NOT_LISTED"),
        ),
        "a line of the report of `intact` and `not intact`",
    ),
    "STEADY": "the recorded history has lost digits",
    "exit 70": "nothing is known to do so",
    "cache_white_space": "it takes a table whose first bytes are white space",
}
"""Pages that show nothing, and why."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.word)
def test_a_page_says_what_why_and_shows_it(page: WordPage) -> None:
    assert page.what
    assert page.why, "say why it matters"
    assert page.what.endswith((".", ":"))
    assert bool("```" in page.example) is (page.word not in WITHOUT_EXAMPLE)
    for word in page.see:
        assert pages_of(word, VOCABULARY), f"{page.word} refers to {word}, which has no page"


def test_pages_that_show_nothing_are_there() -> None:
    assert set(WITHOUT_EXAMPLE) <= {page.word for page in PAGES}


BLOCKS = [calls for page in PAGES for calls in sessions(page.example)]
COMMANDS = sorted({call for calls in BLOCKS for call, _ in calls})


def command_of(call: str) -> ParameterSet:
    """Return a command as a case; what runs the simulator takes long."""
    slow = call.startswith("sweep") or "--config" in call
    return pytest.param(call, marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize("command", [command_of(call) for call in COMMANDS])
def test_what_a_page_shows_of_a_command_is_printed(command: str) -> None:
    shown = [expected for calls in BLOCKS for call, expected in calls if call == command]
    printed = run(command, 100).splitlines()
    assert shown
    for expected in shown:
        assert follow(printed, expected) is None


def block(page: WordPage) -> list[str]:
    """Return the lines of a block of a page that no command with files at hand prints."""
    return page.example.partition("```text\n")[2].partition("\n```")[0].splitlines()


OF_OTHER_WORDS: Mapping[str, Callable[[], list[str]]] = {
    **dict.fromkeys(("NOT COMPARABLE", "STOP", "exit 4"), NOTICES["different_pixels"]),
    **{status: NOTICES[status.lower()] for status in ("MISSING", "SHAPE", "NOT_FINITE", "CONFIGURED")},
    "OK": STATES["intact"],
    "MISMATCH": STATES["not intact"],
}
RECORDED = [page for page in PAGES if "```text" in page.example]


@pytest.mark.parametrize("page", RECORDED, ids=lambda page: page.word)
def test_what_a_page_shows_of_changed_logs_is_printed(page: WordPage) -> None:
    every: dict[str, Callable[[], list[str]]] = {**NOTICES, **CAUSES, **STATES, **OF_OTHER_WORDS}
    assert block(page) == every[page.word]()


def test_all_recorded_examples_are_shown() -> None:
    shown = {page.word for page in RECORDED}
    known = {*NOTICES, *CAUSES, *STATES} - {"missing", "shape", "not_finite", "configured"}
    assert known <= shown


SAMPLE = """# Words

a word of a test

## One two
What it is.

More of it.

Also: eins, zwei
Why: Because.
Example: Seen:
```console
$ nbtrace diff a b
Do: not a field
```
Do: Nothing.
See: `three`
"""


def test_a_page_is_read_field_by_field() -> None:
    (page,) = parsed("words", SAMPLE).pages
    assert (page.word, page.kind, page.also, page.see) == ("One two", "a word of a test", ("eins", "zwei"), ("three",))
    assert (page.what, page.why, page.remedy) == ("What it is.\n\nMore of it.", "Because.", "Nothing.")
    assert "Do: not a field" in page.example


def test_a_page_is_wrapped_and_what_was_printed_is_not() -> None:
    (page,) = parsed("words", SAMPLE.replace("Because.", "Because " * 20)).pages
    lines = page.text(40).splitlines()
    assert "    $ nbtrace diff a b" in lines
    assert max(map(len, lines)) <= 40
    assert lines[0] == "One two: a word of a test"


@pytest.mark.parametrize("text", ["no title\n", "# Title\n", "# Title\n\na word\n\n## Empty\n"])
def test_a_file_of_pages_that_lacks_something_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"give a title|says nothing"):
        parsed("words", text)
