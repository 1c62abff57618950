"""Options that had another name: the old one is taken as the new one, with a hint on standard error."""

import sys
from collections.abc import Mapping, Sequence

FORMER: Mapping[str, Mapping[str, str]] = {
    "harness": {"--out": "--output"},
    "report": {"--out": "--output"},
    "compare": {"--out": "--outdir"},
}
"""Command → old name → new name."""


def renamed(command: str | None, words: Sequence[str]) -> list[str]:
    """Return the words of a call with the new names of options in place of old ones; what follows `--` stays."""
    former = FORMER.get(command or "", {})
    end = words.index("--") if "--" in words else len(words)
    taken, hinted = [], dict.fromkeys(former, False)
    for word in words[:end]:
        name, equals, value = word.partition("=")
        if name in former:
            hinted[name] = True
            taken.append(f"{former[name]}{equals}{value}")
        else:
            taken.append(word)
    for name, used in hinted.items():
        if used:
            sys.stderr.write(f"hint: {name} is called {former[name]} now; the old name still works\n")
    return [*taken, *words[end:]]
