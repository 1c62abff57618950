"""A program's value: through its float32 image, or the number that it prints, whichever can be believed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from nbtrace.differentiation.derivative import DerivativeKind, GradientParameter
from nbtrace.differentiation.measured_derivatives import measured_derivative
from nbtrace.differentiation.measured_program import MeasuredProgram, image_value, measured_program
from nbtrace.images.image import Image
from nbtrace.images.roi import Roi
from nbtrace.physics.nanobragg.gradient_parameters import parameters_in, words_at
from nbtrace.programs.command import flag_line
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.programs import Program
from nbtrace.programs.side_source import OneRun
from tests.programs.conftest import FLAGS

Shown = Callable[[float], str]


@dataclass(frozen=True)
class Computed(ProgramSource):
    """A program that is computed here: a pixel is a smooth function of the distance, and nothing is started."""

    printed: Shown = "{:.15g}".format
    alone: float = 1.0

    def run(self, more: tuple[str, ...] = ()) -> OneRun:
        words = [*self.line.words, *more]
        distance = float(words[words.index("-distance") + 1])
        value = 7.0 + math.sin(distance) * (self.alone if "-roi" in words else 1.0)
        pixels = np.full((8, 8), value, dtype=np.float32)
        text = f"TRACE_C: omega_pixel_sr {math.pi:.15g}\nTRACE_C: I_pixel_final {self.printed(value)}\n"
        return OneRun(Image(pixels, "computed", "raw"), 1.0, text if "-trace_pixel" in words else "")


def source(printed: Shown = "{:.15g}".format, alone: float = 1.0) -> Computed:
    program = Program(("/bin/true",), "--ref")
    return Computed(program, flag_line(FLAGS.split()), printed=printed, alone=alone)


def no_breaks(_: GradientParameter, __: float, ___: float) -> str:
    return ""


def by_distance() -> GradientParameter:
    found, _ = parameters_in(flag_line(FLAGS.split()).config, ["distance"])
    return found[0]


PIXEL = Roi(3, 3, 2, 2)


def test_the_printed_number_is_taken_for_its_digits_and_the_pixel_computed_alone() -> None:
    values, said = measured_program(source(), PIXEL, words_at, no_breaks)
    assert (values.printed, said) == (True, "")
    assert "-roi" in values.source.line.words
    found = measured_derivative(values, by_distance(), values.base())
    assert found.kind is DerivativeKind.MEASURED
    assert abs(found.value - math.cos(100.0)) <= found.error < 1e-8


def test_a_program_that_prints_nothing_is_read_by_its_image() -> None:
    values, _ = measured_program(source(lambda _: ""), PIXEL, words_at, no_breaks)
    assert not values.printed
    found = measured_derivative(values, by_distance(), values.base())
    assert 1e-8 < abs(found.value - math.cos(100.0)) <= found.error < 1e-3


def test_a_number_that_is_not_the_pixel_of_the_image_does_not_count_and_is_told() -> None:
    values, said = measured_program(source(lambda value: f"{2.0 * value:.15g}"), PIXEL, words_at, no_breaks)
    assert not values.printed
    assert "the image counts" in said


def test_a_pixel_that_is_another_one_alone_is_computed_in_the_whole_image() -> None:
    values, _ = measured_program(source(alone=1.001), PIXEL, words_at, no_breaks)
    assert "-roi" not in values.source.line.words


def test_few_printed_digits_widen_the_error_bar() -> None:
    values, _ = measured_program(source("{:.7g}".format), PIXEL, words_at, no_breaks)
    found = measured_derivative(values, by_distance(), values.base())
    assert abs(found.value - math.cos(100.0)) <= found.error


def test_a_sum_is_that_of_the_region_and_its_rounding_that_of_its_pixels() -> None:
    pixels = np.arange(64, dtype=np.float32).reshape(8, 8) + np.float32(0.1)
    found = image_value(pixels, Roi(1, 2, 3, 4))
    exact = sum(float(pixels[slow, fast]) for slow in (3, 4) for fast in (1, 2))
    assert found.value == pytest.approx(exact, rel=1e-15)
    rounded = [8 * slow + fast + 0.1 for slow in (3, 4) for fast in (1, 2)]
    assert abs(found.value - math.fsum(rounded)) <= found.noise <= 4 * 40 * 2.0**-24


def test_runs_that_differ_are_noise() -> None:
    @dataclass(frozen=True)
    class Scattered(Computed):
        def run(self, more: tuple[str, ...] = ()) -> OneRun:
            one = super().run(more)
            calls.append(more)
            return OneRun(Image(one.image.pixels * np.float32(1 + 1e-3 * (len(calls) % 2)), "computed", "raw"), 1.0, "")

    calls: list[Sequence[str]] = []
    program = Program(("/bin/true",), "--ref")
    values, _ = measured_program(Scattered(program, flag_line(FLAGS.split())), Roi(0, 7, 0, 7), words_at, no_breaks)
    assert isinstance(values, MeasuredProgram)
    assert values.scatter > 0.1
    assert values.base().noise >= values.scatter
