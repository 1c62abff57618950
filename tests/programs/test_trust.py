import io
from collections.abc import Sequence
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from nbtrace.compare.noise import read_noise
from nbtrace.documents import dump
from nbtrace.errors import InputError, ProgramError, UsageError
from nbtrace.images.image import Image
from nbtrace.programs.command import flag_line
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.programs import Program
from nbtrace.programs.side_source import OneRun
from nbtrace.programs.trust import Stability, Trust, TrustPlan, trust
from nbtrace.report.documents.filed import read_as
from nbtrace.report.documents.models.trust import TrustDocument
from nbtrace.report.documents.trust_document import trust_document
from nbtrace.report.terminal import render
from nbtrace.report.views.trust_view import trust_view
from nbtrace.verdicts.tolerance import Policy
from simulator.__main__ import main as simulate
from tests.programs.conftest import FLAGS, MakeSource

pytestmark = pytest.mark.slow  # each case starts a reference many times

CARRIES_OVER = (
    "-cell 60 70 80 80 95 105 -default_F 100 -N 8 -lambda 1.1 -distance 90 -detpixels 12 -pixel 5 -oversample 1 "
    "-phi 0 -osc 0.5 -phisteps 3"
)


@dataclass(frozen=True)
class InProcess(ProgramSource):
    """The embedded simulator as a reference program: it has the reference's memory of earlier pixels, per thread."""

    def run(self, more: Sequence[str] = ()) -> OneRun:
        words = [*self.line.words, *more, "-threads_emulated", str(self.options.threads), "-nopgm", "-nonoise"]
        out = io.StringIO()
        with redirect_stdout(out):
            assert simulate(words) == 0
        pixels = np.fromfile("float.bin", dtype=np.float32).reshape(self.line.shape)
        return OneRun(Image(pixels, "C", "raw"), 1.0, out.getvalue().replace("TRACE_PY", "TRACE_C"), "")


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    with chdir(tmp_path_factory.mktemp("stale")):
        return trust(InProcess(Program((__file__,), "--ref"), flag_line(CARRIES_OVER.split())), TrustPlan(repeat=2))


def test_threads_move_the_first_pixel_of_each_further_thread_and_a_region_its_first(stale: Trust) -> None:
    moved = {effect.knob.name: {item.pixel for item in effect.moved} for effect in stale.effects}
    alone = f"ROI of pixel {stale.probe[0]} {stale.probe[1]}"
    assert moved == {
        "run 2": set(),
        "2 threads": {(6, 0)},
        "4 threads": {(3, 0), (6, 0), (9, 0)},
        "tracing": set(),
        alone: {stale.probe},
        "ROI of the middle": {(3, 3)},
    }
    assert stale.stability is Stability.UNSTABLE
    compared = {effect.knob.name: effect.compared for effect in stale.effects}
    assert (compared["4 threads"], compared[alone], compared["ROI of the middle"]) == (144, 1, 36)


def test_the_traces_say_which_quantities_move(stale: Trust) -> None:
    moved = {(effect.knob, item.pixel) for effect in stale.effects for item in effect.moved}
    for trial in stale.trials:
        quantities = {item.quantity for item in trial.moved}
        expected = {"rot_b_angstroms", "F_latt", "I_pixel_final"} if (trial.knob, trial.pixel) in moved else set()
        assert trial.compared > 40
        assert expected <= quantities
        assert bool(expected) is bool(quantities)
    assert any(trial.moved for trial in stale.trials)


def test_the_size_of_what_moves_is_that_of_the_images(stale: Trust) -> None:
    effect = next(effect for effect in stale.effects if effect.knob.name == "2 threads")
    trial = next(trial for trial in stale.trials if trial.knob.name == "2 threads" and trial.pixel == (6, 0))
    final = next(item for item in trial.moved if item.quantity == "I_pixel_final")
    assert effect.max_relative == pytest.approx(final.relative, rel=1e-5)
    assert effect.max_absolute == pytest.approx(final.absolute, rel=1e-5)


def test_floors_hold_where_they_were_measured(stale: Trust, tmp_path: Path) -> None:
    path = tmp_path / "noise.json"
    path.write_text(dump(trust_document(stale)))
    noise = read_noise(path)
    before = Policy()
    measured = noise.applied(before, (6, 0)).of("I_pixel_final")
    assert measured.value > 1e-3
    assert measured.origin == "noise.json: C against itself, 2 threads"
    assert noise.applied(before, stale.probe).of("I_pixel_final").value > 1e-3
    elsewhere = (11, 11)
    assert noise.applied(before, elsewhere).overrides == {}
    assert {(item.slow, item.fast) for item in noise.table.pixels} == {(3, 0), (6, 0), (9, 0)}


def test_a_difference_larger_than_any_number_is_no_floor(stale: Trust, tmp_path: Path) -> None:
    trial = next(trial for trial in stale.trials if trial.moved)
    huge = replace(trial.moved[0], quantity="huge", absolute=float("inf"), relative=None)
    found = replace(stale, trials=(replace(trial, moved=(huge, *trial.moved)),))
    path = tmp_path / "noise.json"
    path.write_text(dump(trust_document(found)))
    assert {item.quantity for item in read_noise(path).table.traced} == {item.quantity for item in trial.moved}


def test_what_is_printed_names_knobs_and_pixels(stale: Trust) -> None:
    text = render(trust_view(stale), width=120)
    assert text.startswith("DIFFER  REF_UNSTABLE: 2 threads moves 1 pixel, 4 threads moves 3 pixels")
    assert "rot_b_angstroms" in text


def test_a_reference_that_repeats_itself_is_stable(source: MakeSource) -> None:
    found = trust(source(), TrustPlan(repeat=3))
    assert found.stability is Stability.STABLE
    assert found.probe == (0, 6)
    assert sum(trial.compared for trial in found.trials) > 0
    assert trust_document(found)["verdict"] == "REF_STABLE"


def test_pixels_that_depend_on_threads_are_named(source: MakeSource) -> None:
    found = trust(source("threads"), TrustPlan(repeat=1, traces=False))
    moved = {effect.knob.name: [item.pixel for item in effect.moved] for effect in found.effects if effect.count}
    assert moved == {"2 threads": [(4, 0)], "4 threads": [(2, 0), (4, 0), (6, 0)]}
    effect = next(effect for effect in found.effects if effect.knob.name == "2 threads")
    assert effect.max_absolute == 0.5
    assert effect.moved[0].after - effect.moved[0].before == 0.5


def test_a_reference_that_does_not_repeat_itself_is_unstable(source: MakeSource, tmp_path: Path) -> None:
    found = trust(source("counter", COUNTER=str(tmp_path / "n")), TrustPlan(repeat=3, threads=(1,), traces=False))
    runs = [effect for effect in found.effects if effect.knob.name.startswith("run")]
    assert [(effect.count, effect.max_absolute) for effect in runs] == [(1, 1.0), (1, 2.0)]
    assert found.stability is Stability.UNSTABLE


def test_a_reference_that_the_clock_seeds_is_unstable_however_fast_it_is(source: MakeSource) -> None:
    found = trust(source("second"), TrustPlan(repeat=2, threads=(1,), traces=False))
    effect = found.effects[0]
    assert (effect.knob.name, [item.pixel for item in effect.moved]) == ("run 2", [(0, 5)])
    assert found.stability is Stability.UNSTABLE


def seeded_by_clock(source: MakeSource, kind: str) -> ProgramSource:
    line = flag_line([*FLAGS.split(), "-seed", "3", "-misset", "random"])
    return replace(source(kind), line=line)


def test_what_the_clock_moves_is_blamed_on_the_clock_alone(source: MakeSource) -> None:
    """The program goes by the clock where no seed is given, and by nothing else."""
    found = trust(seeded_by_clock(source, "unseeded"), TrustPlan(repeat=2, threads=(1, 2), traces=False))
    moved = [(effect.knob.by_clock, bool(effect.count)) for effect in found.effects]
    assert moved[0] == (True, True)
    assert len(moved) > 3
    assert set(moved[1:]) == {(False, False)}
    assert found.stability is Stability.UNSTABLE
    text = " ".join(render(trust_view(found), width=120).split())
    assert text.startswith(
        "DIFFER REF_UNSTABLE: the clock seeds -misset random, and a run in a later second moves 1 pixel; "
        "with -misset_seed 1 nothing moves"
    )
    assert "give -misset_seed N before -misset random" in text
    document = trust_document(found)
    assert document["seeded_by_clock"] is True
    read = read_as(TrustDocument, document)
    assert [knob.by_clock for knob in read.knobs][:2] == [True, False]
    assert not read.noise.pixels


def test_what_moves_beside_the_clock_is_said_beside_it(source: MakeSource) -> None:
    random = seeded_by_clock(source, "second")
    found = trust(random, TrustPlan(repeat=2, threads=(1,), traces=False))
    text = " ".join(render(trust_view(found), width=120).split())
    assert "moves 1 pixel; with -misset_seed 1 run 2 moves 1 pixel" in text
    one = trust(source("second"), TrustPlan(repeat=2, threads=(1,)))
    assert trust_document(one)["seeded_by_clock"] is False
    assert not one.moved_by_clock


def test_a_region_of_the_users_own_does_not_hide_the_ones_that_are_tried(source: MakeSource, tmp_path: Path) -> None:
    one = source("cwd")
    regional = replace(one, line=flag_line([*FLAGS.split(), "-roi", "2", "5", "2", "5"]))
    said = regional.run(("-roi", "3", "3", "4", "4")).stdout
    assert "'-roi', '2', '5', '2', '5', '-roi', '3', '3', '4', '4'" in said


def test_a_reference_without_traces_says_so_and_is_judged_by_its_images(source: MakeSource) -> None:
    found = trust(source("mute"), TrustPlan(repeat=2))
    assert found.stability is Stability.STABLE
    assert {trial.reason for trial in found.trials} == {"nanoBragg printed no TRACE_ lines for -trace_pixel"}
    assert "printed no TRACE_ lines" in render(trust_view(found))


def test_nothing_tried_is_no_stability(source: MakeSource) -> None:
    one = replace(source(), line=flag_line([*FLAGS.split(), "-roi", "0", "0", "0", "0"]))
    with pytest.raises(UsageError, match="nothing to hold the reference against"):
        trust(one, TrustPlan(repeat=1, threads=(1,), probe=(0, 0), traces=False))


def test_a_reference_that_fails_is_no_result(source: MakeSource) -> None:
    with pytest.raises(ProgramError, match="exit 9"):
        trust(source("fail"))


def test_a_pixel_that_is_not_computed_and_an_empty_image_are_errors(source: MakeSource, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not on the detector of 8 x 8"):
        trust(source(), TrustPlan(probe=(8, 0)))
    empty = source()
    empty.program.file.write_text("#!/bin/sh\nhead -c 256 /dev/zero > float.bin\n")
    with pytest.raises(InputError, match="0 everywhere"):
        trust(empty)


def test_a_value_that_is_no_number_moves_only_if_it_changes(source: MakeSource, tmp_path: Path) -> None:
    found = trust(source("nan"), TrustPlan(repeat=2, threads=(1, 2), traces=False))
    moved = {effect.knob.name: [item.pixel for item in effect.moved] for effect in found.effects if effect.count}
    assert moved == {"2 threads": [(1, 1)]}
    path = tmp_path / "noise.json"
    path.write_text(dump(trust_document(found)))
    assert read_noise(path).table.pixels == ()
    assert "nan" in render(trust_view(found))


def test_the_largest_moves_are_listed_and_all_are_counted(
    source: MakeSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbtrace.programs.trust.LISTED", 2)
    found = trust(source("threads"), TrustPlan(repeat=1, threads=(1, 8), traces=False))
    effect = found.effects[0]
    assert (effect.count, len(effect.moved), effect.max_absolute) == (7, 2, 0.5)
    assert effect.max_relative == 0.5
