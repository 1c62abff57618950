"""Text from logs and file names, harmless and short: what a terminal, a page and a notebook may print."""

_MOST = 240


def clean(text: str) -> str:
    """Return text on one line with nothing in it that a terminal or a page could take for a command.

    Logs are hostile input: control and format characters become the replacement character. Every renderer passes all
    text of a view through this.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " if letter in "\t\n\r" else "\ufffd" for letter in text)


def shortened(text: str, most: int = _MOST) -> str:
    """Return clean text of at most `most` letters; of a longer one the beginning, with an ellipsis."""
    text = clean(text[: most + 1])
    return text if len(text) <= most else f"{text[: most - 1]}…"
