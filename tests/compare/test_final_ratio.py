"""A final value far from the other side's: the configuration that differs, and the first divergence above 1e-4."""

import re
from collections.abc import Callable

import pytest

from nbtrace import Trace, diff, explain
from nbtrace.report.documents.trace_documents import diff_document
from nbtrace.report.views.diff_view import headline
from nbtrace.report.views.explain_view import headline as explained

Read = Callable[..., Trace]


def scaled(text: str, key: str, factor: float) -> str:
    """Return a log in which the first number after a key is another."""
    return re.sub(rf"(TRACE_C: {key} )(\S+)", lambda found: f"{found[1]}{float(found[2]) * factor:.15g}", text)


def port(text: str) -> str:
    return text.replace("TRACE_C", "TRACE_PY")


@pytest.fixture
def brighter(c_text: str) -> str:
    """The same log with a fluence 1000 times larger, and a corner that is off by 2e-6."""
    text = scaled(c_text, "pix0_vector_meters", 1 + 4e-6)
    for key in ("fluence_photons_per_m2", "I_pixel_final", "floatimage_accumulated"):
        text = scaled(text, key, 1000.0)
    return text


def test_the_first_line_names_the_configuration(read: Read, c_text: str, brighter: str) -> None:
    result = diff(read(c_text), read(port(brighter)))
    said = headline(result)
    assert said.startswith("first divergence pix0_vector_meters")
    assert said.endswith("I_pixel_final Py/C = 1000: fluence_photons_per_m2 1e+24 against 1e+27 (configuration)")
    entry = diff_document(result)["final_ratio"]
    assert isinstance(entry, dict)
    assert entry["configuration"] == [
        {"name": "fluence_photons_per_m2", "c_text": "1e+24", "py_text": "1e+27"},
    ]
    assert entry["ratio_py_over_c"] == pytest.approx(1000)


def test_without_configuration_it_names_the_first_large_divergence(read: Read, c_text: str) -> None:
    text = scaled(c_text, "pix0_vector_meters", 1 + 4e-6)
    for key, factor in (("rot_a_angstroms", 1.001), ("I_pixel_final", 1.2), ("floatimage_accumulated", 1.2)):
        text = scaled(text, key, factor)
    said = headline(diff(read(c_text), read(port(text))))
    assert re.search(r"; first above 1e-4 rot_a_angstroms, [-+]\S+ relative; I_pixel_final Py/C = 1\.2", said), said
    assert "(configuration)" not in said


def test_a_near_final_value_is_left_alone(read: Read, c_text: str) -> None:
    text = scaled(scaled(c_text, "I_pixel_final", 1 + 5e-5), "fluence_photons_per_m2", 1 + 5e-5)
    result = diff(read(c_text), read(port(text)))
    assert result.final_ratio is None
    assert diff_document(result)["final_ratio"] is None
    assert "(configuration)" not in headline(result)


def test_an_artefact_of_the_logs_is_no_divergence_behind_it(read: Read, c_text: str) -> None:
    text = scaled(scaled(c_text, "I_pixel_final", 1.2), "floatimage_accumulated", 1.2)
    text = re.sub(
        r"(TRACE_C: scattering_vec_A_inv )(.*)",
        lambda found: found[1] + " ".join(f"{float(token) * 1e-10:.15g}" for token in found[2].split()),
        text,
    )
    far = diff(read(c_text), read(port(text))).final_ratio
    assert far is not None
    assert far.divergence is not None
    assert far.divergence.quantity == "I_pixel_final"


def test_an_explanation_says_no_configuration_twice(read: Read, c_text: str, brighter: str) -> None:
    said = explained(explain(read(c_text), read(port(brighter))))
    assert said.count("fluence_photons_per_m2") == 1


def test_equal_numbers_in_other_words_are_the_same_setting(read: Read, c_text: str) -> None:
    assert "=1.0 " not in c_text
    text = c_text.replace("  1x1 pixel oversample steps", "  01x1 pixel oversample steps")
    assert diff(read(c_text), read(port(text))).final_ratio is None
