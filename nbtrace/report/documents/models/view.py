"""What a report says, as a bundle keeps it beside the document: `diff_view.json`, `view.json` of older ones."""

from typing import Literal, Self

from pydantic import Field, model_validator

from nbtrace.report.documents.models.parts import FormatVersion, NoticeEntry, VerdictWord, words_of
from nbtrace.report.view import SectionKind
from nbtrace.schema import Array, DocumentPart
from nbtrace.verdicts.status import Status


class ViewColumn(DocumentPart):
    """A column of a table."""

    title: str = Field(description="Its heading.")
    numeric: bool = Field(description="Whether it is aligned to the right.")


class ViewLine(DocumentPart):
    """A row of a table."""

    cells: Array[str] = Field(description="A text per column.")
    status: str | None = Field(description="What colours it.", json_schema_extra=words_of(*Status))


class ViewTable(DocumentPart):
    """A table."""

    columns: Array[ViewColumn] = Field(description="Its columns.")
    lines: Array[ViewLine] = Field(description="Its rows.")

    @model_validator(mode="after")
    def _is_rectangular(self) -> Self:
        """Refuse rows with more or fewer cells than there are columns."""
        if any(len(line.cells) != len(self.columns) for line in self.lines):
            raise ValueError("a row has not one cell per column")
        return self


class ViewCommand(DocumentPart):
    """A command to run next."""

    line: str = Field(description="The command as it is typed.")
    question: str = Field(description="What it answers.")


class ViewSection(DocumentPart):
    """A heading with sentences, items, commands and a table, in this order."""

    title: str = Field(description="The heading.")
    kind: str = Field(description="What it is, where it is shown otherwise.", json_schema_extra=words_of(*SectionKind))
    sentences: Array[str] = Field(description="Paragraphs.")
    items: Array[str] = Field(description="A list.")
    commands: Array[ViewCommand] = Field(description="Commands to run next.")
    table: ViewTable | None = Field(description="A table; null where there is none.")


class ViewDocument(DocumentPart):
    """What a report says, before anyone decides how it looks."""

    format: Literal["nbtrace view"]
    format_version: FormatVersion
    title: str = Field(description="What was compared.")
    verdict: VerdictWord
    headline: str = Field(description="The result in one line.")
    facts: Array[str] = Field(description="What was compared, with what tolerance.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the tables.")
    sections: Array[ViewSection] = Field(description="The parts of the report.")
