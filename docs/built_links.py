"""Holds the built pages: every link inside leads somewhere, and a browser fetches nothing from elsewhere.

Called as `python docs/built_links.py docs/_build`.
"""

import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FETCHED = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src", "object": "data"}
"""Elements of which a browser loads something, and the attribute that says what."""
_NOT_FETCHED = frozenset({"canonical", "index", "search", "next", "prev", "alternate", "author", "top", "up"})
"""Relations of a link that a browser does not follow by itself."""


class _Links(HTMLParser):
    """The links, the anchors and what is fetched of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element links to, is called, and loads."""
        values = {name: value or "" for name, value in attrs}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        follows = not (tag == "link" and set(values.get("rel", "").split()) & _NOT_FETCHED)
        if tag in _FETCHED and follows and values.get(_FETCHED[tag]):
            self.fetched.append(values[_FETCHED[tag]])


@cache
def _read(page: Path) -> _Links:
    found = _Links()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def faults(folder: Path) -> Iterator[str]:
    """Yield each link that leads nowhere, and each thing that is loaded from elsewhere or is not there."""
    for page in sorted(folder.rglob("*.html")):
        found = _read(page)
        for link in (*found.links, *found.fetched):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in found.fetched and parts.scheme != "data":
                    yield f"{page.relative_to(folder)} loads {link}"
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if not target.exists():
                yield f"{page.relative_to(folder)} links to {link}, which is not there"
            elif parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in _read(target).anchors:
                yield f"{page.relative_to(folder)} links to {link}, which has no such anchor"
    for sheet in sorted(folder.rglob("*.css")):
        text = sheet.read_text(encoding="utf-8")
        if "@import url(http" in text or "url(http" in text or "url(//" in text:
            yield f"{sheet.relative_to(folder)} loads something from elsewhere"


def main(arguments: list[str]) -> int:
    """Print the faults of a folder of pages; return the exit status: 0 if there is none."""
    (folder,) = arguments
    pages = len(list(Path(folder).rglob("*.html")))
    found = list(faults(Path(folder)))
    sys.stdout.write("".join(f"{fault}\n" for fault in found) + f"{folder}: {pages} pages, {len(found)} faults\n")
    return 1 if found or not pages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
