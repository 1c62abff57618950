import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import ConfigurationError, DependencyError, InputFileError, ResourceError, SimulatorError
from simulator.hkl import ReflectionTable, read_cache, read_hkl, write_cache

INDICES = st.tuples(st.integers(-6, 6), st.integers(-6, 6), st.integers(-6, 6))
FACTORS = st.floats(-1e9, 1e9)
Reflections = list[tuple[tuple[int, int, int], float]]
LISTS = st.lists(st.tuples(INDICES, FACTORS), min_size=1, max_size=30)


def read(folder: Path, text: str, default_F: float = 7.0, *, strict: bool = True) -> ReflectionTable:
    path = folder / "some.hkl"
    path.write_bytes(text.encode())
    return read_hkl(path, default_F, strict=strict)


def listing(reflections: Reflections) -> str:
    return "".join(f"{index[0]:4d} {index[1]} {index[2]}\t{factor!r}\n" for index, factor in reflections)


def same(first: ReflectionTable, second: ReflectionTable) -> bool:
    return np.array_equal(first.values, second.values) and first.limits == second.limits


def table(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], low: tuple[int, int, int]) -> ReflectionTable:
    h, k, l_ = low
    h_size, k_size, l_size = values.shape
    limits = h, h + h_size - 1, k, k + k_size - 1, l_, l_ + l_size - 1
    return ReflectionTable(values, *limits, 7.0, values.size)


@pytest.fixture(name="folder", scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hkl")


@given(reflections=LISTS)
def test_a_list_fills_its_box(folder: Path, reflections: Reflections) -> None:
    text = listing(reflections)
    known = dict(reflections)
    corners = np.array(list(known))
    found = read(folder, text)
    assert found.limits[::2] == tuple(corners.min(axis=0))
    assert found.limits[1::2] == tuple(corners.max(axis=0))
    assert found.reflections == len(reflections)
    everywhere = np.mgrid[-8:9, -8:9, -8:9].reshape(3, -1).T
    expected = [known.get(tuple(index), 7.0) for index in everywhere.tolist()]
    np.testing.assert_array_equal(found.lookup(everywhere), expected)
    assert same(read(folder, text, strict=False), found)


@pytest.mark.parametrize(
    "text",
    [
        "1 2 3 4.5\n\n  \n-1 -2 -3 1e2",
        "1 2 3 4.5\r\n-1 -2 -3 +100.\r\n",
        "\t1\t2 +3 4.50\n-1 -2 -3 .1E+3\n \n",
    ],
)
def test_white_space_and_the_forms_of_numbers(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    np.testing.assert_array_equal(found.lookup([(1, 2, 3), (-1, -2, -3), (0, 0, 0), (1, 2, 4)]), [4.5, 100.0, 7.0, 7.0])
    assert (found.values.shape, found.reflections) == ((3, 5, 7), 2)


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [
        ("h k l F\n1 2 3 4\n", 1, "'h k l F'"),
        ("1 2 3 4\n\n1 2 3.0 4\n", 3, "'1 2 3.0 4'"),
        ("1 2 3 4\n1 2 3\n4 5 6 7\n", 2, "'1 2 3'"),
        ("1 2 3 4\n1 2 3 4 0.5\n", 2, "'1 2 3 4 0.5'"),
        ("1 2 3 nan\n", 1, "'1 2 3 nan'"),
        ("1 2 3 4\n# end\n", 2, "'# end'"),
        ("1 2 3 4\n1 2 3 4.5.6\n", 2, "'1 2 3 4.5.6'"),
        ("1 2 3 4\n1 2 30000000000 4", 2, "'1 2 30000000000 4'"),
        ("1 2 3 4\n1 2 3 4e", 2, "'1 2 3 4e'"),
        ("1 2 3 4\n\0\0", 2, ""),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, text: str, line: int, shown: str) -> None:
    with pytest.raises(InputFileError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'some.hkl'}:{line}: {shown}")
    assert message.endswith("a line holds three integers and a number: h k l F")
    assert "\n" not in message
    assert caught.value.exit_status == 3


def test_the_reference_reads_four_at_a_time_whatever_the_lines(tmp_path: Path) -> None:
    found = read(tmp_path, "1 2 3\n4.5 -1 -2 -3 100", strict=False)
    assert same(found, read(tmp_path, "1 2 3 4.5\n-1 -2 -3 100"))


def test_the_reference_stops_at_a_decimal_index(tmp_path: Path) -> None:
    found = read(tmp_path, "1 1 1 50\n1.0 0 0 60\n-2.9 0 0 70\n", strict=False)
    assert found.limits == (-2, 1, 0, 1, 0, 1)
    assert found.reflections == 3
    np.testing.assert_array_equal(found.lookup([(1, 1, 1), (1, 0, 0), (-2, 0, 0)]), [50.0, 7.0, 7.0])


def test_the_reference_reads_the_decimals_of_l_as_the_structure_factor(tmp_path: Path) -> None:
    found = read(tmp_path, "1 1 1.25 50\n0 0 0 60\n", strict=False)
    np.testing.assert_array_equal(found.lookup([(1, 1, 1), (0, 0, 0)]), [0.25, 7.0])


def test_the_reference_stops_at_a_word(tmp_path: Path) -> None:
    found = read(tmp_path, "1 1 1 50\nend\n0 0 0 60\n", strict=False)
    assert same(found, read(tmp_path, "1 1 1 50\n"))


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("text", ["", "\n \n"])
def test_no_reflection_at_all_is_not_enough(tmp_path: Path, text: str, *, strict: bool) -> None:
    with pytest.raises(ConfigurationError, match="not enough reflections") as caught:
        read(tmp_path, text, strict=strict)
    assert caught.value.exit_status == 9


def test_a_header_is_not_enough_for_the_reference(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not enough reflections"):
        read(tmp_path, "h k l F\n1 2 3 4\n", strict=False)


def test_a_box_beyond_the_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="spans 200000001 x 1 x 200000001 Miller indices"):
        read(tmp_path, "-100000000 0 -100000000 1\n100000000 0 100000000 1\n")


def test_a_list_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"absent\.hkl cannot be read: No such file"):
        read_hkl(tmp_path / "absent.hkl", 0.0)


def test_a_cache_byte_by_byte(tmp_path: Path) -> None:
    values = np.array([[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]])
    path = write_cache(tmp_path / "Fdump.bin", table(values, (-1, 4, -2)))
    plane = [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0], [4.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0] * 8
    assert path.read_bytes() == b"-1 0 4 4 -2 0\n\f" + struct.pack("=24d", *plane[0], *plane[1], *plane[2])


@given(reflections=LISTS, default_F=FACTORS, swallow=st.booleans())
def test_a_cache_comes_back(folder: Path, reflections: Reflections, default_F: float, *, swallow: bool) -> None:
    written = read(folder, listing(reflections), 3.5)
    path = write_cache(folder / "Fdump.bin", written)
    starts_white = struct.pack("=d", written.values[0, 0, 0])[0] in b" \t\n\v\f\r"
    found = read_cache(path, default_F, swallow_white_space=swallow)
    assert found.limits == written.limits
    assert same(found, written) == (not (swallow and starts_white))
    assert (found.default_F, found.reflections) == (default_F, written.values.size)


def test_white_space_at_the_start_of_the_data_shifts_the_table(tmp_path: Path) -> None:
    first = struct.unpack("=d", b"\x0a\x20\x01\x02\x03\x04\x05\x40")[0]
    values = np.array([[[first, 2.0]]])
    path = write_cache(tmp_path / "Fdump.bin", table(values, (0, 0, 0)))
    np.testing.assert_array_equal(read_cache(path, 0.0, swallow_white_space=False).values, values)
    shifted = read_cache(path, 0.0, swallow_white_space=True).values
    assert shifted.tobytes() == (values.tobytes() + bytes(2))[2:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not start with six integers"),
        (b"1 2 3 4 5\n\f", "does not start with six integers"),
        (b"0 0 0 0 0 0\n\f" + bytes(63), "is not a cache of the 1 x 1 x 1 structure factors that it announces"),
        (b"0 -1 0 0 0 0\n\f" + bytes(64), "delete it and give -hkl again"),
        (b"0 0 0 0 0 0  " + bytes(64), "delete it and give -hkl again"),
    ],
)
def test_what_is_no_cache_is_one_clear_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "Fdump.bin"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=message):
        read_cache(path, 0.0, swallow_white_space=True)


def test_errors_carry_their_exit_status() -> None:
    statuses = {kind: kind("text").exit_status for kind in SimulatorError.__subclasses__()}
    assert statuses == {ConfigurationError: 2, DependencyError: 2, InputFileError: 3, ResourceError: 5}
