"""What a shell offers for the value of an option: names that nbtrace knows. Nothing heavy is imported."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import typer

from nbtrace.errors import NbtraceError


def configurations(incomplete: str) -> list[str]:
    """Return the configurations that `--config` finds by name."""
    from nbtrace.embedded.configurations import configuration_files  # noqa: PLC0415

    return _beginning(configuration_files(), incomplete)


def modes(incomplete: str) -> list[tuple[str, str]]:
    """Return the modes of the simulator and the defects that switch in them: `c-parity`, `spec,+NAME`, `NAME,NAME`."""
    from simulator.defects import Defect, Mode  # noqa: PLC0415

    before, comma, last = incomplete.rpartition(",")
    named = {word.lstrip("+-") for word in before.split(",")}
    defects = [defect for defect in Defect if defect.value not in named]
    if not comma:
        told = [(mode.value, "what is meant" if mode is Mode.SPEC else "the reference as it is") for mode in Mode]
        offered = [*told, *((defect.value, defect.description) for defect in defects)]
    elif before.split(",")[0] in set(Mode):
        offered = [(sign + defect.value, defect.description) for defect in defects for sign in "+-"]
    else:
        offered = [(defect.value, defect.description) for defect in defects]
    return [(f"{before}{comma}{name}", _first_sentence(text)) for name, text in offered if name.startswith(last)]


def tolerances(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the quantities of the vocabulary in force, each with the equals sign that its tolerance follows."""
    with suppress(NbtraceError):
        from nbtrace.vocabulary.chosen import chosen  # noqa: PLC0415

        words = chosen(_vocabulary_of(ctx), Path()).vocabulary
        return _beginning((f"{name}=" for name in words.quantities), incomplete)
    return []


def indices(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the loops of the vocabulary in force."""
    with suppress(NbtraceError):
        from nbtrace.vocabulary.chosen import chosen  # noqa: PLC0415

        return _beginning(chosen(_vocabulary_of(ctx), Path()).vocabulary.indices, incomplete)
    return []


def vocabularies(incomplete: str) -> list[str]:
    """Return the vocabularies that have a name."""
    from nbtrace.vocabulary.registry import names  # noqa: PLC0415

    return _beginning(names(), incomplete)


def documents(incomplete: str) -> list[str]:
    """Return the documents that have a schema."""
    from nbtrace.report.documents.models.catalogue import DOCUMENTS  # noqa: PLC0415

    return _beginning(DOCUMENTS, incomplete)


def words_with_pages(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the words that `nbtrace help` explains."""
    with suppress(NbtraceError):
        from nbtrace.glossary.lookup import all_words  # noqa: PLC0415
        from nbtrace.vocabulary.chosen import chosen  # noqa: PLC0415

        words = chosen(_vocabulary_of(ctx), Path()).vocabulary
        return _beginning((word for word in all_words(words) if " " not in word), incomplete)
    return []


def gradient_parameters(incomplete: str) -> list[str]:
    """Return the parameters that derivatives are taken by, and their groups."""
    from nbtrace.physics.nanobragg.gradient_parameters import TABLE  # noqa: PLC0415 - the simulator's flags

    names = dict.fromkeys((*(entry.group for entry in TABLE.values()), *TABLE))
    return _beginning(names, incomplete)


def devices(incomplete: str) -> list[str]:
    """Return the devices of the simulator; whether they are there would take torch to tell."""
    return _beginning(("cpu", "cuda", "cuda:0"), incomplete)


def dtypes(incomplete: str) -> list[str]:
    """Return the precisions of the simulator."""
    return _beginning(("float64", "float32"), incomplete)


def reference_flags(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the flags of the reference, each with what it means."""
    from simulator.flags import FLAGS  # noqa: PLC0415

    seen = set()
    for flag in FLAGS:
        if flag.token.startswith(incomplete) and flag.token not in seen:
            seen.add(flag.token)
            yield flag.token, _first_sentence(flag.about)


def flags_of_run(incomplete: str) -> list[tuple[str, str]]:
    """Return the flags of the reference that begin so; nothing where no flag begins, so that files are offered."""
    return list(reference_flags(incomplete)) if incomplete.startswith("-") else []


def _vocabulary_of(ctx: typer.Context) -> str | None:
    named = ctx.params.get("vocabulary")
    return named if isinstance(named, str) else None


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _first_sentence(text: str) -> str:
    return text.split(". ", maxsplit=1)[0].rstrip(".")
