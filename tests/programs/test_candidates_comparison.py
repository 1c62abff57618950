"""Several candidates on the same flags."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from nbtrace.errors import ExitCode, ProgramError
from nbtrace.images.image import Image
from nbtrace.programs.candidates_comparison import CandidatesComparison, compare_candidates
from nbtrace.programs.command import FlagLine
from nbtrace.programs.comparison import Plan
from nbtrace.programs.side_source import Identity, Made, PixelTrace, SideSource, digest
from nbtrace.records import Pixel
from nbtrace.report.documents.compare_candidates_document import compare_candidates_document
from nbtrace.report.documents.models.compare_candidates import CompareCandidatesDocument
from nbtrace.report.terminal import render
from nbtrace.report.views.compare_candidates_view import compare_candidates_view
from nbtrace.verdicts.status import Verdict


@dataclass(frozen=True)
class Side:
    """An image of the numbers from 1 on times a factor, and traces of its pixels."""

    line: FlagLine
    factor: float = 1.0
    fails: bool = False
    prefix: str = "PY"
    threads: int = 1
    runs: list[int] = field(default_factory=list)

    @property
    def identity(self) -> Identity:
        return Identity("side", self.line.words, None)

    def _pixels(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        slow, fast = self.line.shape
        return (self.factor * np.arange(1, slow * fast + 1).reshape(slow, fast)).astype(np.float32)

    def make(self, repeat: int) -> Made:
        self.runs.append(repeat)
        if self.fails:
            raise ProgramError("it crashes")
        image = Image(self._pixels(), "side", "float32")
        return Made(image, (1.0,) * repeat, (digest(image),) * repeat)

    def trace(self, pixel: Pixel) -> PixelTrace:
        value = float(self._pixels()[pixel])
        lines = ("F_cell 10.0", f"F_latt {3 * self.factor!r}", f"I_pixel_final {value!r}")
        return PixelTrace("".join(f"TRACE_{self.prefix}: {line}\n" for line in lines))


def compared(line: FlagLine, *sides: tuple[str, SideSource]) -> tuple[CandidatesComparison, Side]:
    reference = Side(line, prefix="C")
    each = [(name, f"./{name}", lambda side=side: side) for name, side in sides]
    return compare_candidates(reference, each, line, Plan()), reference


def test_the_reference_runs_once_and_each_candidate_is_held_against_it(line: FlagLine) -> None:
    result, reference = compared(line, ("good", Side(line)), ("bad", Side(line, 2.0)))
    assert reference.runs == [1]
    assert [item.verdict for item in result.candidates] == [Verdict.AGREE, Verdict.DIFFER]
    assert (result.verdict, result.exit_code) == (Verdict.DIFFER, ExitCode.DIFFER)
    assert (result.same_images, result.shared) == ((), ())


def test_candidates_that_differ_alike_are_told(line: FlagLine) -> None:
    result, _ = compared(line, ("one", Side(line, 2.0)), ("good", Side(line)), ("two", Side(line, 2.0)))
    assert result.same_images == (("one", "two"),)
    (shared,) = result.shared
    assert (shared.divergence.logs, shared.divergence.row.quantity) == (("one", "two"), "F_latt")
    assert shared.divergence.same_value
    text = " ".join(render(compare_candidates_view(result), 120).split())
    assert text.startswith(
        "DIFFER 1 of 3 candidates agree with C: good; differ: one, two; the images of one and two are"
    )
    assert "one and two diverge first in the same place, F_latt, with the same value: 6 in place of 3" in text


def test_a_candidate_that_fails_does_not_end_the_others(line: FlagLine) -> None:
    result, _ = compared(line, ("broken", Side(line, fails=True)), ("good", Side(line)))
    assert [item.verdict for item in result.candidates] == [Verdict.NOT_COMPARABLE, Verdict.AGREE]
    assert (result.verdict, result.exit_code) == (Verdict.NOT_COMPARABLE, ExitCode.PROGRAM)
    assert "broken: it crashes" in render(compare_candidates_view(result), 120)


def test_a_reference_that_fails_is_an_error(line: FlagLine) -> None:
    reference = Side(line, fails=True)
    with pytest.raises(ProgramError, match="it crashes"):
        compare_candidates(reference, [("good", "./good", lambda: Side(line))] * 2, line, Plan())
    assert reference.runs == [1]


def test_a_reference_without_candidates_is_no_agreement(line: FlagLine) -> None:
    result, _ = compared(line)
    assert (result.verdict, result.exit_code) == (Verdict.NOT_COMPARABLE, ExitCode.INPUT)


def test_candidates_that_all_agree_are_told_in_a_line(line: FlagLine) -> None:
    result, _ = compared(line, ("one", Side(line)), ("two", Side(line)))
    assert (result.verdict, result.exit_code) == (Verdict.AGREE, ExitCode.AGREE)
    assert render(compare_candidates_view(result), 120).startswith("AGREE  all 2 candidates agree with C\n")


def test_the_document_fits_its_model(line: FlagLine) -> None:
    sides = [("one", Side(line, 2.0)), ("broken", Side(line, fails=True)), ("two", Side(line, 2.0))]
    result, _ = compared(line, *sides)
    document = CompareCandidatesDocument.model_validate(
        compare_candidates_document(result, pictures=False, case="small")
    )
    assert document.coverage.model_dump(exclude={"not_finite"}) == {
        "candidates": 3,
        "num_agree": 0,
        "num_differ": 2,
        "not_comparable": 1,
    }
    assert document.same_images == (("one", "two"),)
    entry = document.candidates["broken"]
    assert (entry.reason, entry.exit_code, entry.case, entry.comparison) == ("it crashes", 5, "small [broken]", None)
    one = document.candidates["one"]
    assert one.first_divergence == "F_latt"
    assert one.comparison is not None
    assert one.comparison.verdict == "differ"
    assert [(item.candidates, item.quantity) for item in document.shared] == [(("one", "two"), "F_latt")]
