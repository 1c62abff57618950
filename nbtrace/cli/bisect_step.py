"""What `git bisect run` asks at each commit: is the same divergence first? Started by `nbtrace bisect` alone."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbtrace.errors import ExitCode, NbtraceError, ProgramError
from nbtrace.history.bisection import CommitOutcome, DivergenceMark, Repository
from nbtrace.plain_text import clean
from nbtrace.report.documents.divergence_mark import commit_outcome
from nbtrace.temporary import temporary_folder

_JSON = "--json"
_MOST_TEXT = 2**28
_TAIL = 200
"""Letters of what a command says last that are told of its failure."""


def result_of(command: Sequence[str], folder: Path) -> Any:
    """Run a command of nbtrace, or one that ends in such, and return the document that it writes.

    A command of nbtrace writes its JSON into a file of ours, whatever `--json` says; of any other one it is what stands
    on standard output from the first line that begins with a brace.

    Raises
    ------
    ProgramError
        If it ends otherwise than by agreement or difference, or writes no document.
    """
    with temporary_folder() as work:
        file = work / "result.json"
        try:
            words = _with_json(command, file)
            done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except OSError as error:
            raise ProgramError(f"{clean(command[0])} cannot be run: {error.strerror}") from error
        if done.returncode not in {ExitCode.AGREE, ExitCode.DIFFER}:
            said = clean(done.stderr.decode("utf-8", "replace").strip()[-_TAIL:]) or "it says nothing"
            raise ProgramError(f"the command exits {done.returncode}: {said}")
        text = file.read_bytes() if file.is_file() else done.stdout
    return _document(text[:_MOST_TEXT].decode("utf-8", "replace"))


def _document(text: str) -> Any:
    place = 0 if text.startswith("{") else text.find("\n{") + 1
    try:
        document, _ = json.JSONDecoder().raw_decode(text, place)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ProgramError("the command writes no JSON document; let it end in a command of nbtrace with --json -")
    return document


def _with_json(command: Sequence[str], file: Path) -> list[str]:
    words = list(command)
    if Path(words[0]).name != "nbtrace":
        return words
    words[:1] = [sys.executable, "-P", "-m", "nbtrace"]
    end = words.index("--") if "--" in words else len(words)
    kept: list[str] = []
    skip = False
    for word in words[:end]:
        if not skip and word != _JSON and not word.startswith(f"{_JSON}="):
            kept.append(word)
        skip = word == _JSON and not skip
    return [*kept, _JSON, str(file), *words[end:]]


def main(state: Path) -> int:
    """Judge what is checked out, note it, and return what `git bisect run` is told."""
    told = json.loads(state.read_bytes())
    mark = DivergenceMark(**told["mark"])
    folder = Path(told["folder"])
    repository = Repository(Path(told["top"]))
    commit = repository.commit("HEAD")
    try:
        if not folder.is_dir():
            raise ProgramError("its folder is not there at this commit")
        outcome, what = commit_outcome(result_of(told["command"], folder), mark)
    except NbtraceError as error:
        outcome, what = CommitOutcome.FAILED, str(error)
    repository.undo()
    with Path(told["steps"]).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps([commit, outcome.value, clean(what)]) + "\n")
    return outcome.exit_status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
