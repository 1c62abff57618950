"""The page of a bundle: what it says, and its HTML."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from nbtrace.documents import utc_text
from nbtrace.evidence.contents import Contents
from nbtrace.evidence.verification import FileStatus, Integrity
from nbtrace.progress import tracked
from nbtrace.report.page.cells import breakable, rows_of, unbroken
from nbtrace.report.page.facts import PageFact, image_facts, trace_facts
from nbtrace.report.page.pictures import Pictures, pictures_of
from nbtrace.report.page.provenance import command_table, conditions_table, file_table, input_table
from nbtrace.report.page.results import (
    PageNotice,
    ResultSection,
    notices_of,
    result_section,
)
from nbtrace.report.page.tables import PageTable, Tone, tone_of
from nbtrace.report.view import VERDICT_WORDS, clean

SCRIPTS = ("theme.js", "tables.js")
_VIEWER_SCRIPTS = ("arrays.js", "detector.js", "colour_scales.js", "viewer_overlays.js", "viewer.js")
_WEIGHT = ("explain", "compare_candidates", "compare", "diff_several", "diff", "images", "phi", "scaling")
"""Whose answer stands on top: of several results that are equally bad, the first of these."""


@dataclass(frozen=True)
class PageAnswer:
    """What the page says first."""

    headline: str
    verdict: str
    tone: Tone | None
    facts: tuple[PageFact, ...]
    image_facts: tuple[PageFact, ...] = ()


@dataclass(frozen=True)
class Page:
    """All that the template prints."""

    name: str
    root: str
    answer: PageAnswer
    faults_title: str
    faults: tuple[str, ...]
    notices: tuple[PageNotice, ...]
    sections: tuple[ResultSection, ...]
    pictures: dict[str, Pictures]
    provenance: tuple[PageTable, ...]
    commands: tuple[str, ...]
    files: PageTable
    state: str
    state_tone: Tone | None
    state_text: str
    contents: tuple[tuple[str, str], ...]


def render_page(contents: Contents, *, all_pixels: bool = False) -> str:
    """Return the page of a bundle as HTML that loads nothing.

    Parameters
    ----------
    contents : Contents
        The bundle.
    all_pixels : bool
        Embed images of any size whole.
    """
    page = make_page(contents, all_pixels=all_pixels)
    names = SCRIPTS + (_VIEWER_SCRIPTS if any(item.viewer for item in page.pictures.values()) else ())
    scripts = [static(name) for name in names]
    style = page_style()
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            version=metadata.version("nbtrace"),
            made=utc_text(datetime.now(UTC)),
            style=Markup(style),  # noqa: S704 - a file of this package
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - files of this package
            policy=content_policy(style, scripts),
        )
    )


def make_page(contents: Contents, *, all_pixels: bool = False) -> Page:
    """Return what the page of a bundle says."""
    several = Counter(filed.name for filed in contents.results)
    counted: Counter[str] = Counter()
    sections: list[ResultSection] = []
    for filed in tracked(contents.results, "results of the bundle", len(contents.results)):
        counted[filed.name] += 1
        label = f"{filed.name} {counted[filed.name]}" if several[filed.name] > 1 else filed.name
        sections.append(result_section(filed, f"result-{len(sections) + 1}", label))
    # The explanation is what a reader came for; sorting keeps the order of time among the others.
    sections.sort(key=lambda section: section.name != "explain")
    state = contents.verification.outcome()
    return Page(
        name=contents.root.resolve().name,
        root=str(contents.root),
        answer=_answer(contents, sections),
        faults_title="This bundle is not intact"
        if state is Integrity.FAULTY
        else "Not all of this bundle could be read",
        faults=tuple(_faults(contents)),
        notices=notices_of(sections),
        sections=tuple(sections),
        pictures={
            section.anchor: pictures_of(section.filed, contents, section.anchor, all_pixels=all_pixels)
            for section in tracked(sections, "pictures", len(sections))
        },
        provenance=(
            command_table(contents.results),
            input_table(contents.results),
            conditions_table(contents.results),
        ),
        commands=tuple(contents.commands.splitlines()),
        files=file_table(contents),
        state=state.value,
        state_tone=Tone.GOOD if state is Integrity.INTACT else Tone.BAD,
        state_text=_state_text(contents),
        contents=tuple(_table_of_contents(sections)),
    )


def _table_of_contents(sections: Sequence[ResultSection]) -> Iterator[tuple[str, str]]:
    yield "answer", "Answer"
    yield from ((section.anchor, section.label) for section in sections)
    yield "provenance", "Provenance"
    yield "files", "Files"


def _faults(contents: Contents) -> Iterator[str]:
    """Yield what is wrong with the bundle, in sentences."""
    if contents.verification.outcome() is Integrity.NOTHING:
        yield "nothing to verify: no entry of a manifest could be checked"
    good = (FileStatus.OK, FileStatus.SELF, FileStatus.WEAK, FileStatus.NOT_LISTED)
    for finding in contents.verification.findings:
        if finding.status not in good:
            where = f" ({finding.manifest}:{finding.line})" if finding.manifest is not None else ""
            yield f"{finding.status.value}: {finding.name}{where}{f': {finding.reason}' if finding.reason else ''}"
    yield from (problem.text for problem in contents.verification.problems)
    yield from contents.problems


def _state_text(contents: Contents) -> str:
    listed = contents.verification.of_status(FileStatus.OK)
    unlisted = contents.verification.of_status(FileStatus.NOT_LISTED)
    total = [finding for finding in contents.verification.findings if finding.manifest is not None]
    text = f"{len(listed)} of {len(total)} entries of the manifest verified when this page was made"
    more = f"; {len(unlisted)} files are in no manifest" if unlisted else ""
    return f"{text}{more}. In the folder, sha256sum -c sha256.txt says the same."


def _answer(contents: Contents, sections: Sequence[ResultSection]) -> PageAnswer:
    """Return the answer: of the results with the worst verdict, the latest of the weightiest kind."""
    verdict = "" if contents.verdict is None else VERDICT_WORDS[contents.verdict]
    ranked = sorted(
        (section for section in sections if section.headline),
        key=lambda section: (section.filed.verdict == contents.verdict, -_rank(section.name), section.time),
    )
    if not ranked:
        text = "No result of this bundle has an answer" if sections else "This bundle holds no result yet"
        return PageAnswer(text, verdict, tone_of(verdict), ())
    first = ranked[-1]
    said = first.verdict if first.filed.verdict == contents.verdict else verdict
    return PageAnswer(first.headline, said, tone_of(said), tuple(trace_facts(sections)), tuple(image_facts(sections)))


def _rank(name: str) -> int:
    return _WEIGHT.index(name) if name in _WEIGHT else len(_WEIGHT)


def page_style() -> str:
    """Return the style of a page."""
    return static("parts.css") + static("page.css")


def content_policy(style: str, scripts: Sequence[str]) -> str:
    """Return the Content-Security-Policy: nothing is loaded, and only these very scripts run."""
    allowed = " ".join(_source(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_source(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def static(name: str) -> str:
    """Return a style or a script of the package."""
    return files("nbtrace.report.page").joinpath("static", name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Return what fills templates: all text is cleaned and escaped."""
    # `finalize` sees all that a template prints, so no control or format character of a log reaches the page.
    environment = Environment(
        loader=PackageLoader("nbtrace.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"unbroken": unbroken, "breakable": breakable, "rows": rows_of}
    return environment


def _shown(value: object) -> object:
    return value if isinstance(value, Markup) else clean(str(value))
