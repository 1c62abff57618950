"""A strict reader of the page's HTML, independent of what made it."""

from html.parser import HTMLParser

VOID = frozenset({"meta", "input", "img", "line", "rect", "br", "wbr"})
INLINE = frozenset({"span", "strong", "code", "a", "small", "kbd"})
CLOSED_BY_ITSELF = frozenset({"rect", "line"})


class Markup(HTMLParser):
    """Elements, their attributes and the text of a page; whatever is not well nested is a fault."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str], tuple[str, ...]]] = []
        self.text: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.faults.append(f"<{tag}> has an attribute twice: {names}")
        self.elements.append((tag, {name: value or "" for name, value in attrs}, tuple(self.open)))
        if tag not in VOID or tag in CLOSED_BY_ITSELF:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> within {self.open[-3:]}")
        else:
            self.open.pop()
        if tag not in INLINE:
            self.text.append(("", " "))

    def handle_data(self, data: str) -> None:
        self.text.append((self.open[-1] if self.open else "", data))

    def of(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every element with this tag."""
        return [attributes for name, attributes, _ in self.elements if name == tag]

    def visible(self) -> str:
        """Return the text outside of scripts and styles, blanks joined."""
        return " ".join("".join(data for tag, data in self.text if tag not in {"script", "style"}).split())
