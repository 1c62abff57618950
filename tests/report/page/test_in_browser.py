from pathlib import Path

import numpy as np
import pytest

from nbtrace.evidence import Bundle
from nbtrace.images.image import Geometry
from nbtrace.images.resolution import direct_beam, miller_indices, resolution
from tests.browser import Tab
from tests.report.page.conftest import file_images, file_view, page_of
from tests.report.page.hostile import HOSTILE, hostile_view

pytestmark = pytest.mark.slow  # a browser

ENTER, ESCAPE, RIGHT, DOWN = ("Enter", 13), ("Escape", 27), ("ArrowRight", 39), ("ArrowDown", 40)
DIFF = "#result-1 .table"
VIEWER = "document.querySelector('[data-viewer]').viewer"


@pytest.fixture
def page(tab: Tab, pair_page: str, tmp_path: Path) -> Tab:
    path = tmp_path / "report.html"
    path.write_text(pair_page, encoding="utf-8")
    tab.open(path)
    return tab


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray]:
    """Two images with a known brightest pixel, a NaN, a negative value and a 0."""
    random = np.random.default_rng(5)
    c = random.exponential(1.0, (60, 80)).astype(np.float32)
    c[12, 34] = 1234.5678
    py = (c * np.float32(1.0001)).astype(np.float32)
    py[40, 7] = np.nan
    py[1, 2] = -0.1
    py[1, 5] = 0.0
    return c, py


@pytest.fixture
def viewer(tab: Tab, bundle: Bundle, images: tuple[np.ndarray, np.ndarray], tilted: Geometry, tmp_path: Path) -> Tab:
    file_images(bundle, *images, tilted)
    open_viewer(tab, bundle, tmp_path / "report.html")
    return tab


def open_viewer(tab: Tab, bundle: Bundle, path: Path) -> None:
    path.write_text(page_of(bundle), encoding="utf-8")
    tab.open(path)
    tab.wait("document.querySelector('[data-viewer]').viewer !== undefined")


def column(tab: Tab, place: int, table: str = DIFF) -> list[str]:
    """Return the shown cells of a column, without their notes."""
    texts = tab.run(f"""[...document.querySelectorAll("{table} tbody tr:not([hidden])")].map((row) => {{
        const cell = row.cells[{place}].cloneNode(true);
        for (const note of cell.querySelectorAll(".cell-note")) note.remove();
        return cell.textContent.trim();
    }})""")
    return [str(text) for text in texts]


def readout(tab: Tab, name: str) -> str:
    return str(tab.run(f"document.querySelector('.readout .{name}')?.textContent ?? ''"))


def test_the_page_loads_without_a_complaint_and_asks_for_nothing(page: Tab) -> None:
    assert page.complaints() == []
    assert page.run("document.querySelector('h1').textContent").startswith("C: rot_a_angstroms")
    # The pictures are there, not just their frames.
    assert page.run("[...document.images].every((image) => image.complete && image.naturalWidth > 100)")


def test_hostile_texts_run_nothing_and_ask_for_nothing(tab: Tab, bundle: Bundle, tmp_path: Path) -> None:
    for text in HOSTILE:
        document = {"verdict": "differ", "notices": [{"weight": "warning", "text": text}]}
        file_view(bundle, "check", hostile_view(text), document)
    path = tmp_path / "report.html"
    path.write_text(page_of(bundle), encoding="utf-8")
    tab.open(path)
    assert tab.run("window.hacked === undefined && document.images.length === 0")
    assert tab.run("document.querySelectorAll('#notices li').length") == len(HOSTILE)
    assert tab.complaints() == []


def test_a_script_that_slipped_through_would_not_run(tab: Tab, pair_page: str, tmp_path: Path) -> None:
    slipped = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    path = tmp_path / "report.html"
    path.write_text(pair_page.replace("</main>", f"{slipped}</main>"), encoding="utf-8")
    tab.open(path)
    assert tab.run("window.hacked === undefined")
    assert sum("Content Security Policy" in text for text in tab.complaints()) >= 2


def test_a_table_is_sorted_by_a_click_and_comes_back_to_its_order(page: Tab) -> None:
    before = column(page, 2)
    heading = f"{DIFF} thead th:nth-child(3)"
    sizes = [abs(float(text)) for text in before if text != "–"]
    page.click(f"{heading} button")
    assert page.run(f"document.querySelector('{heading}').ariaSort") == "ascending"
    assert [abs(float(text)) for text in column(page, 2) if text != "–"] == sorted(sizes)
    page.click(f"{heading} button")
    assert page.run(f"document.querySelector('{heading}').ariaSort") == "descending"
    assert [abs(float(text)) for text in column(page, 2) if text != "–"] == sorted(sizes, reverse=True)
    page.click(f"{heading} button")
    assert page.run(f"document.querySelector('{heading}').ariaSort") == "none"
    assert column(page, 2) == before


def test_a_table_is_sorted_by_the_keyboard(page: Tab) -> None:
    names = column(page, 0)
    page.run(f"document.querySelector('{DIFF} thead button').focus()")
    page.key(*ENTER, text="\r")
    assert page.run("document.activeElement.closest('th').ariaSort") == "ascending"
    assert column(page, 0) != names
    assert column(page, 0) == sorted(names, key=str.lower)


def test_statuses_are_sorted_by_how_bad_they_are(page: Tab) -> None:
    page.click(f"{DIFF} thead th:nth-child(2) button")
    page.click(f"{DIFF} thead th:nth-child(2) button")
    statuses = column(page, 1)
    ranks = ["CRITICAL", "DIVERGENT", "MINOR", "PASS"]
    assert statuses == sorted(statuses, key=ranks.index)
    assert {"CRITICAL", "PASS"} <= set(statuses)


def test_a_search_and_the_statuses_filter(page: Tab) -> None:
    names = column(page, 0)
    page.run(f"document.querySelector('{DIFF} input').focus()")
    page.type("rot_ ANGSTROMS")
    assert column(page, 0) == [name for name in names if name.startswith("rot_") and "angstroms" in name]
    assert page.run(f"document.querySelector('{DIFF} .count').textContent") == f"3 of {len(names)} rows"
    page.key(*ESCAPE)
    assert column(page, 0) == names
    page.click(f"{DIFF} button[data-status=CRITICAL]")
    assert set(column(page, 1)) == {"CRITICAL"}
    page.click(f"{DIFF} button[data-status=MINOR]")
    assert set(column(page, 1)) == {"CRITICAL", "MINOR"}


def test_dark_by_the_system_and_by_the_switch(page: Tab) -> None:
    def ground() -> int:
        colour = str(page.run("getComputedStyle(document.body).backgroundColor"))
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    assert ground() > 600
    page.media(prefers_color_scheme="dark")
    assert ground() < 150
    page.click("#theme")
    assert page.run("document.getElementById('theme').textContent") == "Colours: light"
    assert ground() > 600
    page.media(prefers_color_scheme="light")
    page.click("#theme")
    assert ground() < 150


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_makes_the_page_scroll_sideways(page: Tab, width: int) -> None:
    page.size(width, 800, phone=width < 500)
    assert page.run("document.documentElement.scrollWidth") <= width


def test_on_paper_everything_is_open_and_no_control_is_left(page: Tab) -> None:
    page.run(f"document.querySelector('{DIFF} input').value = 'rot_a'; 1")
    page.run(f"document.querySelector('{DIFF} input').dispatchEvent(new Event('input')); 1")
    page.call("Emulation.setEmulatedMedia", media="print")
    page.run("window.dispatchEvent(new Event('beforeprint')); 1")
    assert page.run("document.querySelectorAll('details:not([open])').length") == 0
    hidden = "[...document.querySelectorAll('.tools, .top')].every((e) => e.getClientRects().length === 0)"
    assert page.run(hidden)
    assert page.run(f"[...document.querySelectorAll('{DIFF} tbody tr')].every((row) => row.getClientRects().length)")
    page.run("window.dispatchEvent(new Event('afterprint')); 1")
    assert page.run("document.querySelectorAll('details[open]').length") == 0


def test_the_viewer_shows_the_value_of_the_brightest_pixel_first(
    viewer: Tab, images: tuple[np.ndarray, np.ndarray]
) -> None:
    c, py = images
    assert readout(viewer, "where") == "slow 12 fast 34"
    assert np.float32(readout(viewer, "c").removeprefix("C ")) == c[12, 34]
    assert readout(viewer, "c") == "C 1234.5677"
    assert np.float32(readout(viewer, "py").removeprefix("Py ")) == py[12, 34]
    difference = float(readout(viewer, "diff").removeprefix("Py − C "))
    assert difference == float(py[12, 34]) - float(c[12, 34])
    assert viewer.complaints() == []


def test_the_viewer_goes_to_any_pixel(viewer: Tab, images: tuple[np.ndarray, np.ndarray]) -> None:
    c, py = images
    for slow, fast in ((0, 0), (59, 79), (40, 7), (1, 2), (33, 50)):
        viewer.run(f"document.querySelector('[name=slow]').value = {slow}; 1")
        viewer.run(f"document.querySelector('[name=fast]').value = {fast}; 1")
        viewer.click(".viewer form button")
        assert readout(viewer, "where") == f"slow {slow} fast {fast}"
        assert np.float32(readout(viewer, "c").removeprefix("C ")) == c[slow, fast]
        assert np.array_equal(np.float32(readout(viewer, "py").removeprefix("Py ")), py[slow, fast], equal_nan=True)


def test_the_pixel_under_the_mouse_is_told_and_keys_move_it(viewer: Tab, images: tuple[np.ndarray, np.ndarray]) -> None:
    viewer.run("document.querySelector('.viewer canvas').scrollIntoView({block: 'center'}); 1")
    frame = viewer.run(
        "(() => { const r = document.querySelector('.viewer canvas').getBoundingClientRect();"
        "return [r.left, r.top, r.width, r.height]; })()"
    )
    zoom = min(frame[2] / 80, frame[3] / 60)
    left, top = frame[0] + (frame[2] - 80 * zoom) / 2, frame[1] + (frame[3] - 60 * zoom) / 2
    viewer.mouse("mouseMoved", left + 20.5 * zoom, top + 30.5 * zoom)
    assert readout(viewer, "where") == "slow 30 fast 20"
    assert np.float32(readout(viewer, "c").removeprefix("C ")) == images[0][30, 20]
    viewer.run("document.querySelector('.viewer canvas').focus()")
    viewer.key(*RIGHT)
    viewer.key(*DOWN)
    assert readout(viewer, "where") == "slow 31 fast 21"


def pixel_colour(tab: Tab, slow: int, fast: int) -> list[int]:
    """Return the colour that the canvas has in the middle of a pixel."""
    colour = tab.run(f"""new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {{
        const viewer = document.querySelector("[data-viewer]").viewer;
        const [x, y] = viewer.toScreen({slow} + 0.5, {fast} + 0.5);
        resolve([...viewer.canvas.getContext("2d").getImageData(Math.floor(x), Math.floor(y), 1, 1).data]);
    }})))""")
    return [int(part) for part in colour]


def test_the_viewer_paints_spots_dark_differences_red_and_blue_and_nan_apart(viewer: Tab) -> None:
    assert pixel_colour(viewer, 12, 34)[:3] == [0, 0, 0]
    viewer.click("[data-show=diff]")
    red, _, blue, _ = pixel_colour(viewer, 12, 34)
    assert red > blue + 50
    red, _, blue, _ = pixel_colour(viewer, 1, 2)
    assert blue > red + 50
    viewer.click("[data-show=py]")
    assert pixel_colour(viewer, 40, 7)[:3] == [190, 24, 150]
    assert viewer.run("document.querySelector('[data-show=py]').ariaPressed") == "true"


def test_resolution_indices_and_radius_are_those_of_the_pixels_centre(viewer: Tab, tilted: Geometry) -> None:
    beam = direct_beam(tilted)
    assert beam is not None
    for slow, fast in ((0, 0), (59, 79), (33, 50)):
        viewer.run(f"{VIEWER}.choose({slow}, {fast})")
        centre = slow + 0.5, fast + 0.5
        told = float(readout(viewer, "resolution").removeprefix("resolution ").removesuffix(" Å"))
        assert told == pytest.approx(resolution(tilted, *centre) * 1e10, rel=1e-4)
        indices = [float(word) for word in readout(viewer, "hkl").split()[3:]]
        assert indices == pytest.approx(miller_indices(tilted, *centre), abs=0.0051)
        apart = (centre[0] - beam[0]) * tilted.slow + (centre[1] - beam[1]) * tilted.fast
        assert float(readout(viewer, "radius").split()[1]) == pytest.approx(np.linalg.norm(apart), abs=0.051)


def test_every_point_of_a_ring_has_its_resolution(viewer: Tab, tilted: Geometry) -> None:
    rings = viewer.run(f"{VIEWER}.rings")
    assert len(rings) >= 2
    for ring in rings:
        points = [point for point in ring["points"] if point is not None]
        assert len(points) > 100
        found = [resolution(tilted, slow, fast) * 1e10 for slow, fast in points]
        assert found == pytest.approx([ring["d"]] * len(points), rel=1e-9)
    assert viewer.run("document.querySelector('[data-rings]').ariaPressed") == "true"
    viewer.click("[data-rings]")
    assert viewer.run(f"{VIEWER}.showsRings") is False


def bar(tab: Tab) -> tuple[str, list[str]]:
    """Return the title of the colour bar, and the numbers under it."""
    box = "document.querySelector('.colour-bar')"
    ticks = tab.run(f"[...{box}.querySelectorAll('.ticks span')].map((tick) => tick.textContent)")
    return str(tab.run(f"{box}.querySelector('.bar-title').textContent")), [str(tick) for tick in ticks]


def test_each_view_has_a_colour_bar_with_numbers(viewer: Tab, images: tuple[np.ndarray, np.ndarray]) -> None:
    scale = viewer.run(f"{VIEWER}.scale")

    def close(texts: list[str], values: list[float]) -> None:
        assert [float(text.replace("−", "-")) for text in texts] == pytest.approx(values, rel=6e-3)

    title, ticks = bar(viewer)
    assert title == "C, linear"
    close(ticks, list(np.linspace(scale["low"], scale["high"], 5)))
    viewer.click("[data-log]")
    title, ticks = bar(viewer)
    assert title == "C, logarithmic"
    close(ticks, list(np.geomspace(scale["positive"], scale["high"], 5)))
    viewer.click("[data-log]")
    viewer.click("[data-show=diff]")
    assert bar(viewer)[0] == "Py − C, linear"
    close(bar(viewer)[1], list(np.linspace(-scale["diff"], scale["diff"], 5)))
    # All ratios but one are 1.0001, so the numbers are what they lack to 1.
    viewer.click("[data-show=ratio]")
    title, ticks = bar(viewer)
    assert title == "Py/C − 1, logarithmic"
    assert ticks[2] == "0"
    assert float(ticks[4].replace("−", "-")) == pytest.approx(1e-4, rel=0.02)
    assert float(readout(viewer, "ratio").removeprefix("Py/C ")) == pytest.approx(
        float(images[1][12, 34]) / float(images[0][12, 34]), rel=1e-8
    )
    red, _, blue, _ = pixel_colour(viewer, 12, 34)
    assert red > blue + 50
    assert pixel_colour(viewer, 1, 2)[:3] == [150, 154, 160], "a negative value has no ratio"
    assert pixel_colour(viewer, 1, 5)[:3] == viewer.run(f"{VIEWER}.head.colours.diff.slice(0, 3)"), "0 over a number"


def test_the_split_is_moved_by_the_keyboard_and_the_mouse(viewer: Tab) -> None:
    viewer.click("[data-rings]")
    viewer.click("[data-show=split]")
    nan = [190, 24, 150]
    # Py is NaN in this pixel, near the left edge: on the left of the split C is seen, on the right Py.
    assert pixel_colour(viewer, 40, 7)[:3] != nan
    viewer.run("document.querySelector('[data-split]').focus()")
    viewer.key("Home", 36)
    assert viewer.run("document.querySelector('[data-split]').value") == "0"
    assert pixel_colour(viewer, 40, 7)[:3] == nan
    viewer.key(*RIGHT)
    assert viewer.run(f"{VIEWER}.split") == 0.01
    _, y = viewer.middle(".viewer canvas")
    frame = viewer.run(
        "(({left, width}) => [left, width])(document.querySelector('.viewer canvas').getBoundingClientRect())"
    )
    viewer.mouse("mousePressed", frame[0] + 0.01 * frame[1], y, button="left", buttons=1, clickCount=1)
    viewer.mouse("mouseMoved", frame[0] + 0.5 * frame[1], y, button="left", buttons=1)
    viewer.mouse("mouseReleased", frame[0] + 0.5 * frame[1], y, button="left", clickCount=1)
    assert viewer.run(f"{VIEWER}.split") == pytest.approx(0.5, abs=0.01)
    assert viewer.run("document.querySelector('[data-split]').getAttribute('aria-valuetext')").startswith(
        "C on the left 50 %"
    )
    viewer.click("[data-show=c]")
    assert viewer.run("document.querySelector('.split').getClientRects().length") == 0


def test_on_a_phone_a_wide_table_says_that_it_scrolls_until_its_end_is_seen(page: Tab) -> None:
    page.size(390, 800, phone=True)
    wide = (
        "[...document.querySelectorAll('.table:not(.wordy)')].filter((box) => box.querySelector('.scroll').scrollWidth"
    )
    wide += " > box.querySelector('.scroll').clientWidth + 2 && !box.closest('details:not([open])'))"
    page.wait(f"{wide}.length > 0 && {wide}.every((box) => box.classList.contains('more'))")
    hint = f"{wide}[0].querySelector('.hint').getClientRects().length"
    assert page.run(hint) > 0
    page.run(f"{wide}[0].querySelector('.scroll').scrollLeft = 1e6; 1")
    page.wait(f"{hint} === 0")


def test_zoom_keeps_the_place_under_the_pointer_and_flicker_changes_what_is_shown(viewer: Tab) -> None:
    place = "document.querySelector('[data-viewer]').viewer.zoom"
    before = viewer.run(place)
    viewer.run("document.querySelector('.viewer canvas').scrollIntoView({block: 'center'}); 1")
    x, y = viewer.middle(".viewer canvas")
    x, y = x + 5, y + 4  # not on the edge of a pixel
    viewer.mouse("mouseMoved", x, y)
    told = readout(viewer, "where")
    viewer.mouse("mouseWheel", x, y, deltaX=0, deltaY=-240)
    viewer.wait(f"{place} > {before} * 1.9")
    viewer.mouse("mouseMoved", x, y)
    assert readout(viewer, "where") == told
    viewer.click("[data-zoom=fit]")
    assert viewer.run(place) == before
    viewer.click("[data-flicker]")
    for shown in ("py", "diff", "c"):
        viewer.wait(f"document.querySelector('[data-show={shown}]').ariaPressed === 'true'", 5)
    viewer.click("[data-flicker]")


def test_a_large_image_keeps_every_peak_in_its_overview_and_true_values_around_what_matters(
    tab: Tab, bundle: Bundle, tmp_path: Path
) -> None:
    c = np.zeros((1200, 1100), np.float32)
    c[:] = np.float32(0.1)
    c[1000, 77] = 500.0
    c[300, 900] = 40.0
    py = c.copy()
    py[5, 5] = -3.0
    file_images(bundle, c, py)
    open_viewer(tab, bundle, tmp_path / "report.html")
    assert readout(tab, "where") == "slow 1000 fast 77"
    assert readout(tab, "c") == "C 500"

    def tell(slow: int, fast: int) -> tuple[str, str, str]:
        tab.run(f"document.querySelector('[data-viewer]').viewer.choose({slow}, {fast})")
        return readout(tab, "c"), readout(tab, "py"), readout(tab, "state")

    # Next to the brightest pixel each pixel is kept; the other spot is seen in the overview's cell, and told as such.
    assert tell(1001, 78)[0] == "C 0.1"
    near = tell(301, 901)
    assert near[0] == "C 40"
    assert near[2].startswith("overview: the values furthest from 0 of slow 300–301, fast 900–901")
    assert tell(5, 5)[1] == "Py -3"
    assert tab.complaints() == []
