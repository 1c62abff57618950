import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from nbtrace.compare.images import ImageOptions
from nbtrace.compare.noise import Noise
from nbtrace.compare.noise_table import NoiseTable, PixelFloor, TracedFloor
from nbtrace.embedded.choice import Choice
from nbtrace.embedded.embedded_source import EmbeddedSource
from nbtrace.programs.archived import ArchivedSource
from nbtrace.programs.command import FlagLine, flag_line
from nbtrace.programs.comparison import Comparison, Plan, compare
from nbtrace.programs.side_source import Identity, Made, PixelTrace
from nbtrace.report.documents.compare_document import compare_document
from nbtrace.report.markdown import render
from nbtrace.report.views.compare_view import compare_view
from nbtrace.verdicts.status import Verdict
from tests.places import GOLDEN_SUITE as SUITE
from tests.programs.conftest import FLAGS, MakeSource

CASE = "phi_zero_mosaic"


def line_of(name: str, *more: str) -> FlagLine:
    source = ArchivedSource(SUITE / name)
    return flag_line([*source.case.args, *more], source.input_folders)


def compared(name: str, plan: Plan | None = None, *, mode: str | None = None) -> Comparison:
    line = line_of(name)
    return compare(ArchivedSource(SUITE / name), EmbeddedSource(line, Choice(mode=mode)), line, plan or Plan())


@pytest.fixture(scope="module")
def spec() -> Comparison:
    """The reference, which reuses a rotation, against physics as it is meant."""
    return compared(CASE, mode="spec")


def test_recorded_output_agrees_with_the_simulator_image_and_trace() -> None:
    found = compared(CASE, Plan(repeat=2))
    assert found.verdict is Verdict.AGREE
    assert found.images.metrics.pixels == 64 * 64
    assert found.images.metrics.identical == 64 * 64
    assert found.traced == 1
    assert found.first_divergence is None
    assert found.py.made.identical is True
    assert found.speedup is None


def test_the_worst_and_the_brightest_pixel_are_traced(spec: Comparison) -> None:
    assert spec.verdict is Verdict.DIFFER
    worst, brightest = spec.probes
    c, py = (run.made.image.pixels.astype(float) for run in (spec.c, spec.py))
    assert worst.pixel == divmod(int(np.argmax(abs(py - c))), 64)
    assert brightest.pixel == (3, 47) == divmod(int(np.argmax(c)), 64)
    assert worst.diff is None
    assert "C: no trace of it is recorded; recorded are 3 47, 59 44" in worst.reason
    assert worst.py.text is not None


def test_the_cause_is_named(spec: Comparison) -> None:
    probe = spec.probes[1]
    assert spec.first_divergence == (probe, "rot_a_angstroms")
    assert probe.explanation is not None
    assert "rotation of phi_tic 2" in render(compare_view(spec))
    root = probe.explanation.ranked[0][0]
    assert root.quantity == "rot_a_angstroms"


def test_long_traces_are_compared_but_not_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbtrace.programs.comparison.LONGEST_EXPLAINED", 20)
    found = compared(CASE, mode="spec")
    probe = found.probes[1]
    assert found.first_divergence == (probe, "rot_a_angstroms")
    assert probe.explanation is None
    text = render(compare_view(found)).replace("\\", "")
    assert "not explained: its traces hold" in text
    assert compare_document(found, pictures=False)["traces"][1]["reason"] == probe.reason  # type: ignore[index]


def test_worst_pixels_have_miller_indices_from_a_trace(spec: Comparison) -> None:
    assert spec.images.geometry is not None
    assert spec.images.worst_pixels[0].hkl is not None
    curved = compared("curved_detector")
    assert curved.images.geometry is None


def test_the_document_has_the_keys_of_the_contract(spec: Comparison) -> None:
    document = compare_document(spec, pictures=False)
    expected = (
        "correlation rmse mse max_abs_diff c_sum py_sum sum_ratio mean_peak_distance max_peak_distance worst_pixels "
        "runtime_c_ms runtime_py_ms speedup args c_binary c_binary_sha256 py_binary roi resample png_scale_method "
        "png_scale_percentile format_version verdict"
    )
    assert set(expected.split()) <= set(document)
    assert document["c_binary_sha256"] == "81064a615053c8051cdef460ef9314a150a37a2fb6b1fccd30a29559ea71fce0"
    assert document["runtime_c_ms"] is None
    assert document["format"] == "nbtrace compare"


def test_recorded_output_is_said_to_be_recorded(spec: Comparison) -> None:
    text = render(compare_view(spec))
    assert f"C: recorded output in {SUITE / CASE}".replace("_", "") in text.replace("\\", "").replace("_", "")
    assert "not run: recorded" in text


def test_traces_can_be_left_out_and_more_pixels_asked_for() -> None:
    without = compared("roi", Plan(traces=False))
    assert without.probes == ()
    more = compared("roi", Plan(pixels=((49, 34), (0, 0))))
    by_pixel = {probe.pixel: probe for probe in more.probes}
    assert by_pixel[49, 34].diff is not None
    assert by_pixel[0, 0].diff is None
    assert "Py: pixel slow 0 fast 0 is masked, or outside the region of interest" in by_pixel[0, 0].reason


@dataclass(frozen=True)
class Changed:
    """Recorded output with one pixel changed."""

    source: ArchivedSource
    pixel: tuple[int, int]
    by: float

    @property
    def identity(self) -> Identity:
        return self.source.identity

    @property
    def threads(self) -> int:
        return self.source.threads

    def make(self, repeat: int) -> Made:
        made = self.source.make(repeat)
        pixels = made.image.pixels.copy()
        pixels[self.pixel] += self.by
        return replace(made, image=replace(made.image, pixels=pixels))

    def trace(self, pixel: tuple[int, int]) -> PixelTrace:
        return self.source.trace(pixel)


def test_a_pixel_within_the_references_own_noise_is_left_out_and_one_beyond_is_not() -> None:
    line = line_of("roi")
    table = NoiseTable(
        probe_slow=0,
        probe_fast=0,
        shape_slow_fast=(64, 64),
        pixels=(PixelFloor(slow=30, fast=20, absolute=0.5),),
        traced=(),
    )
    plan = Plan(traces=False, noise=Noise("n.json", table), images=ImageOptions())
    source = ArchivedSource(SUITE / "roi")
    verdicts = {}
    for by in (0.25, 0.75):
        found = compare(Changed(source, (30, 20), by), EmbeddedSource(line, Choice()), line, plan)
        verdicts[by] = found.verdict.value
        assert any(("no more than that: 30 20" in notice.text) is (by < 0.5) for notice in found.notices)
    assert verdicts == {0.25: "agree", 0.75: "differ"}
    alone = compare(Changed(source, (30, 20), 0.25), EmbeddedSource(line, Choice()), line, replace(plan, noise=None))
    assert alone.verdict is Verdict.DIFFER


@pytest.mark.parametrize("changed", [{"experiment": ("-N", "1")}, {"binary": "0" * 64}])
def test_a_noise_of_something_else_excuses_nothing(changed: dict[str, object]) -> None:
    line = line_of("roi")
    pixels = (PixelFloor(slow=30, fast=20, absolute=0.5),)
    table = NoiseTable(probe_slow=0, probe_fast=0, shape_slow_fast=(64, 64), pixels=pixels, traced=())
    source = ArchivedSource(SUITE / "roi")
    own = Noise("n.json", table, line.experiment, source.case.reference_sha256)
    sides = Changed(source, (30, 20), 0.25), EmbeddedSource(line, Choice())
    assert compare(*sides, line, Plan(traces=False, noise=own)).verdict is Verdict.AGREE
    found = compare(*sides, line, Plan(traces=False, noise=replace(own, **changed)))  # type: ignore[arg-type]
    assert found.verdict is Verdict.DIFFER
    assert any("it is not used" in notice.text for notice in found.notices)


def test_a_noise_that_the_clock_made_excuses_nothing(source: MakeSource) -> None:
    one = source()
    line = flag_line([*FLAGS.split(), "-misset", "random"])
    pixels = tuple(PixelFloor(slow=n // 8, fast=n % 8, absolute=100.0) for n in range(64))
    table = NoiseTable(probe_slow=0, probe_fast=0, shape_slow_fast=(8, 8), pixels=pixels, traced=())
    sides = replace(one, line=line), EmbeddedSource(line, Choice())
    found = compare(*sides, line, Plan(traces=False, noise=Noise("n.json", table, line.experiment)))
    assert found.verdict is Verdict.DIFFER
    texts = [notice.text for notice in found.notices]
    assert "give -misset_seed N before -misset random" in texts[0]
    assert any("excuses nothing; it is not used" in text for text in texts)


def test_one_program_as_both_sides_is_told(source: MakeSource) -> None:
    one = source()
    found = compare(one, replace(one, label="Py"), one.line, Plan(traces=False))
    assert any("same program: it always agrees with itself" in notice.text for notice in found.notices)


def test_one_program_that_moves_is_not_said_to_agree_with_itself(source: MakeSource, tmp_path: Path) -> None:
    one = source("counter", COUNTER=str(tmp_path / "count"))
    found = compare(one, replace(one, label="Py"), one.line, Plan(traces=False))
    assert found.verdict is Verdict.DIFFER
    (told,) = [notice.text for notice in found.notices if "same program" in notice.text]
    assert told.startswith("both sides are the same program: it does not repeat itself")


@pytest.mark.parametrize(("here", "told"), [("4", True), ("1", False), (None, False)])
def test_another_number_of_threads_here_is_told(
    monkeypatch: pytest.MonkeyPatch, here: str | None, *, told: bool
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if here is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", here)
    texts = [notice.text for notice in compared("roi", Plan(traces=False)).notices]
    assert ("OMP_NUM_THREADS is 4 here, and 1 in this comparison (--threads)" in texts) is told


def test_files_that_flags_name_are_found_beside_the_recorded_output(tmp_path: Path) -> None:
    shutil.copytree(SUITE / "sourcefile", tmp_path / "case")
    shutil.copyfile(SUITE / "inputs" / "sources.txt", tmp_path / "case" / "sources.txt")
    source = ArchivedSource(tmp_path / "case")
    line = flag_line(source.case.args, source.input_folders)
    assert line.inputs == (tmp_path / "case" / "sources.txt",)
    assert compare(source, EmbeddedSource(line, Choice()), line, Plan()).verdict is Verdict.AGREE


def test_a_cache_in_the_current_folder_is_no_input_of_the_simulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Fdump.bin").write_bytes(b"no cache")
    found = compared("roi", Plan(traces=True))
    assert found.verdict is Verdict.AGREE
    assert {path.name for path in tmp_path.iterdir()} == {"Fdump.bin"}


def test_threads_of_the_reference_are_imitated_where_the_flags_do_not_say() -> None:
    for more, threads in (((), 4), (("-threads_emulated", "2"), 2)):
        config = EmbeddedSource(line_of("roi", *more), Choice(), 4).config
        assert config.execution.threads_emulated == threads


def test_flags_that_are_not_the_recorded_ones_are_noted() -> None:
    source = ArchivedSource(SUITE / "hkl_nearest")
    same = source.line([*source.case.args, "-nopgm", "-floatfile", "other"], (), lenient=False)
    assert same.remarks == ()
    other = source.line([*source.case.args, "-N", "11"], (), lenient=False)
    assert "not those of the recorded output" in other.remarks[0]


def test_a_trace_within_the_references_own_noise_agrees(spec: Comparison, tmp_path: Path) -> None:
    differing = spec.probes[1].diff
    assert differing is not None
    rows = [row for row in differing.rows if row.difference is not None]
    floors = tuple(
        TracedFloor(
            slow=3,
            fast=47,
            quantity=name,
            relative=max(abs(row.difference.relative) for row in rows if row.quantity == name and row.difference),
            absolute=max(
                max(map(abs, row.difference.delta)) for row in rows if row.quantity == name and row.difference
            ),
            knob="ROI of pixel 3 47",
            regional=True,
        )
        for name in {row.quantity for row in rows if row.difference is not None and any(row.difference.delta)}
    )
    table = NoiseTable(probe_slow=3, probe_fast=47, shape_slow_fast=(64, 64), pixels=(), traced=floors)
    found = compared(CASE, Plan(noise=Noise("n.json", table)), mode="spec")
    probe = found.probes[1]
    assert probe.diff is not None
    assert probe.diff.verdict is Verdict.AGREE
    assert probe.noise is not None
    assert "n.json: C against itself was measured at this pixel" in render(compare_view(found)).replace("\\", "")
    assert found.verdict is Verdict.DIFFER


def test_a_step_of_the_simulators_trace_stands_there_once(spec: Comparison) -> None:
    text = spec.probes[1].py.text
    assert text is not None
    steps = [line.split() for line in text.splitlines() if line.startswith("TRACE_PY_PHI ")]
    assert [words[1] for words in steps] == ["phi_tic=0", "phi_tic=1", "phi_tic=2"]
    assert all(len(words) > 6 for words in steps)
