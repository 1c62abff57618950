"""What a failed comparison leaves behind: its results, the cause among them, in a bundle named after the test."""

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbtrace.compare.diff import DiffResult
from nbtrace.errors import NbtraceError
from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.provenance import Provenance
from nbtrace.files import read_bytes
from nbtrace.records import Side
from nbtrace.report import markdown
from nbtrace.report.view import View, clean
from nbtrace.verdicts.status import Verdict

_QUICK = 2000
"""Records of both traces together up to which looking for the cause takes a second or two."""

_SECONDS = 10.0
"""Time of the processor that a session gives to looking for causes; many tests may fail of one."""

_SLUG = 80
_unsafe = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Failure:
    """A result that is no agreement, as a bundle takes it.

    `files` are what was compared, where it is a file; `outputs` what the bundle holds of it, by default those files.
    """

    name: str
    view: View
    document: Mapping[str, object]
    files: Mapping[str, Path] = field(default_factory=dict)
    outputs: Mapping[str, bytes] | None = None

    def kept(self) -> Mapping[str, bytes]:
        """Return the content of the further files of the bundle."""
        if self.outputs is not None:
            return self.outputs
        return {name: read_bytes(path) for name, path in self.files.items()}


@dataclass(frozen=True)
class ExplainedCause:
    """What `nbtrace explain` says of a difference: its answer in one line, its result, and whether a side is blamed."""

    words: str
    explanation: Failure
    blames: bool


@dataclass
class Causes:
    """Looks for the causes of differences as long as the whole session has `seconds` left for it."""

    seconds: float = _SECONDS

    def of(self, result: DiffResult) -> ExplainedCause | None:
        """Return the answer of `nbtrace explain`, and its result; None where there is none, or no time."""
        size = len(result.c.records) + len(result.py.records)
        if self.seconds <= 0 or size > _QUICK or result.verdict is not Verdict.DIFFER:
            return None
        # The catalogue of causes, which no test that passes needs.
        from nbtrace.explanation.explain import explain  # noqa: PLC0415
        from nbtrace.report.documents.explain_document import explain_document  # noqa: PLC0415
        from nbtrace.report.views.explain_view import explain_view, headline  # noqa: PLC0415

        started = time.process_time()
        try:
            explanation = explain(result.c, result.py, policy=result.policy)
        except NbtraceError:
            # The difference is what fails the test; without its cause it is still one.
            return None
        finally:
            self.seconds -= time.process_time() - started
        if not explanation.ranked:
            return None
        (root, _), *_ = explanation.ranked
        told = Failure("explain", explain_view(explanation), explain_document(explanation))
        return ExplainedCause(headline(explanation), told, blames=root.side is not Side.UNKNOWN)


def folder_name(node: str) -> str:
    """Return the name of a test's folder: letters that every file system takes, and a digest that tells tests apart."""
    slug = _unsafe.sub("-", node.replace("::", "--")).strip("-.")[-_SLUG:].lstrip("-.") or "test"
    return f"{slug}-{hashlib.sha256(node.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def filed(failures: Sequence[Failure], report: Path, node: str) -> str:
    """File results, and say where; a folder that cannot be written must not hide why the test fails."""
    from nbtrace.report.documents.view_document import view_document  # noqa: PLC0415 - its models

    folder = report / folder_name(node)
    try:
        for failure in failures:
            provenance = Provenance.collect(command=["pytest", node], inputs=failure.files.values())
            Bundle.open_or_create(folder).add_result(
                failure.name,
                metrics={**failure.document, "answer": failure.view.headline, "provenance": provenance.document()},
                summary_md=markdown.render(failure.view),
                view=view_document(failure.view),
                provenance=provenance,
                outputs=failure.kept(),
            )
    except NbtraceError as error:
        return f"not filed: {clean(str(error))}"
    return f"filed in {clean(str(folder))}"
