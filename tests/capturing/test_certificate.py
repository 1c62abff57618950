import dataclasses
import hashlib

import pytest

from nbtrace.capturing.certificate import (
    EMPTY,
    Certificate,
    ImagePixelCheck,
    OutputState,
    ProbeHits,
    compared_outputs,
)
from nbtrace.errors import ExitCode, IncompleteError, PerturbedError

PIXEL = ImagePixelCheck("image.bin", "final", (2, 3), 1.5, 1.5)
GOOD = Certificate(
    compared_outputs({"image.bin": "a", "stderr": EMPTY}, {"image.bin": "a", "stderr": EMPTY}),
    (ProbeHits("probe 1", 3, optional=False), ProbeHits("probe 2", 0, optional=True)),
    PIXEL,
    "p",
    "p",
    1,
)


def states(plain: dict[str, str], captured: dict[str, str], again: dict[str, str] | None = None) -> dict[str, str]:
    return {item.name: item.state.value for item in compared_outputs(plain, captured, again)}


def test_what_a_run_writes_is_the_same_changed_or_unstable() -> None:
    assert states({"a": "1", "b": "2"}, {"a": "1", "b": "3"}) == {"a": "same", "b": "changed"}
    assert states({"a": "1"}, {"a": "1"}, {"a": "1"}) == {"a": "same"}
    assert states({"a": "1"}, {"a": "3"}, {"a": "2"}) == {"a": "unstable"}
    assert states({"a": "1"}, {"a": "3"}, {"a": "1"}) == {"a": "changed"}
    assert states({"a": "1"}, {}, {"a": "1"}) == {"a": "changed"}
    assert states({}, {"a": "1"}, {}) == {"a": "changed"}


def test_a_good_certificate_holds() -> None:
    GOOD.require()
    assert [item.name for item in GOOD.same] == ["image.bin"]
    assert GOOD.hits == 3


def test_nothing_is_the_digest_of_nothing() -> None:
    assert hashlib.sha256(b"").hexdigest() == EMPTY


def test_two_empty_outputs_show_nothing() -> None:
    empty = dataclasses.replace(GOOD, outputs=compared_outputs({"stderr": EMPTY}, {"stderr": EMPTY}))
    with pytest.raises(PerturbedError, match="the program writes nothing"):
        empty.require()


@pytest.mark.parametrize(
    ("probes", "message"),
    [
        ((ProbeHits("probe 1", 0, optional=False),), "probe 1: never reached; no trace"),
        ((ProbeHits("probe 1", 3, optional=False, unread="x: gone"),), "probe 1: x: gone; no trace"),
        ((ProbeHits("probe 1", 0, optional=True, unread="x: gone"),), "probe 1: x: gone"),
        ((ProbeHits("a", 0, optional=False), ProbeHits("b", 0, optional=False)), "a: never reached, and 1 more"),
    ],
)
def test_a_value_that_is_missing_is_incomplete(probes: tuple[ProbeHits, ...], message: str) -> None:
    with pytest.raises(IncompleteError, match=message) as refused:
        dataclasses.replace(GOOD, probes=probes).require()
    assert refused.value.exit_code is ExitCode.INCOMPLETE


def test_changed_output_is_perturbed() -> None:
    changed = dataclasses.replace(GOOD, outputs=compared_outputs({"a": "1", "b": "1"}, {"a": "1", "b": "2"}))
    with pytest.raises(PerturbedError, match=r"\(b\)") as refused:
        changed.require()
    assert refused.value.exit_code is ExitCode.PERTURBED
    assert OutputState.CHANGED in {item.state for item in changed.outputs}


def test_another_pixel_than_that_of_the_image_is_refused() -> None:
    with pytest.raises(PerturbedError, match=r"final is 1\.5 as captured and 2 at pixel 2 3 of image\.bin"):
        dataclasses.replace(GOOD, image=dataclasses.replace(PIXEL, in_image=2.0)).require()
    nan = float("nan")
    dataclasses.replace(GOOD, image=dataclasses.replace(PIXEL, in_image=nan, captured=nan)).require()
