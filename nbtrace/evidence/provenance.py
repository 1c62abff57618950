"""Where a result comes from: when, by which command, code, versions and machine, from which bytes to which bytes."""

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from nbtrace.documents import utc_text
from nbtrace.errors import InputError
from nbtrace.files import sha256_of

_GIT_SECONDS = 10
_VARIABLES = (
    "NB_C_BIN",
    "NB_PYTORCH_DTYPE",
    "NB_RUN_PARALLEL",
    "CUDA_VISIBLE_DEVICES",
    "KMP_DUPLICATE_LIB_OK",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTHONPATH",
)


def own_command() -> list[str]:
    """Return the command line of this process as a user would type it again."""
    program = Path(sys.argv[0])
    start = ["python", "-m", program.parent.name] if program.name == "__main__.py" else [program.name]
    return [*start, *sys.argv[1:]]


@dataclass(frozen=True)
class GitState:
    """The commit of a working copy.

    `commit` and `dirty` are None where git cannot tell; `reason` then says why. `dirty` is about tracked files only: a
    bundle written inside the repository does not make it dirty.
    """

    commit: str | None
    dirty: bool | None
    reason: str | None = None

    @property
    def text(self) -> str:
        """The content of `git_sha.txt`: the commit on the first line, or why there is none."""
        if self.commit is None:
            return f"no commit: {self.reason}\n"
        return f"{self.commit}\n" + ("with uncommitted changes in tracked files\n" if self.dirty else "")


def git_state(folder: Path | None = None) -> GitState:
    """Ask git for the commit and the dirtiness of the repository that `folder` (default: the current one) lies in."""
    commit, reason = _git("rev-parse", "--verify", "HEAD", folder=folder)
    if commit is None:
        if reason is not None and "Needed a single revision" in reason:
            reason = "the repository has no commit yet"
        return GitState(None, None, reason)
    changes, reason = _git("status", "--porcelain", "--untracked-files=no", folder=folder)
    return GitState(commit, None if changes is None else changes != "", reason)


def _git(*arguments: str, folder: Path | None) -> tuple[str | None, str | None]:
    """Return the output of git and None, or None and the reason why there is none."""
    environment = os.environ | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return None, "git is not installed"
    except OSError as error:
        return None, f"git cannot be started: {error.strerror}"
    except subprocess.TimeoutExpired:
        return None, f"git did not answer within {_GIT_SECONDS} s"
    if done.returncode:
        lines = done.stderr.decode(errors="replace").splitlines() or [f"git exited with {done.returncode}"]
        return None, lines[0].removeprefix("fatal: ")
    return done.stdout.decode(errors="replace").strip(), None


@dataclass(frozen=True)
class Environment:
    """What a program ran on. A version is None where the package is not installed."""

    python: str
    torch: str | None
    nbtrace: str | None
    platform: str
    device: str | None = None
    dtype: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def current(cls, *, device: str | None = None, dtype: str | None = None) -> "Environment":
        """Describe this process; torch is looked up, not imported. `device` and `dtype` are what the caller used."""
        return cls(
            python=sys.version.replace("\n", " "),
            torch=_version("torch"),
            nbtrace=_version("nbtrace"),
            platform=platform.platform(),
            device=device,
            dtype=dtype,
            variables={name: os.environ[name] for name in _VARIABLES if name in os.environ},
        )

    def document(self) -> dict[str, object]:
        """Return the content of `env.json`."""
        return {
            "format_version": 1,
            "python_version": self.python,
            "torch_version": self.torch,
            "nbtrace_version": self.nbtrace,
            "platform": self.platform,
            "device": self.device,
            "dtype": self.dtype,
            "variables": dict(self.variables),
        }


def _current_folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return "a folder that has been removed"


def _version(package: str) -> str | None:
    from importlib import metadata  # noqa: PLC0415 - slow to import, and not needed to compare

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@dataclass(frozen=True)
class FileRecord:
    """A file by name, size in bytes and SHA-256; without them `reason` says why they are not known."""

    path: str
    sha256: str | None
    size: int | None
    reason: str | None = None

    @classmethod
    def of(cls, path: Path) -> "FileRecord":
        """Read `path` and describe it. `-` is standard input, whose bytes are gone.

        Raises
        ------
        InputError
            If it cannot be read or is no regular file.
        """
        if str(path) == "-":
            return cls("-", None, None, "standard input was not kept")
        digest = sha256_of(path)
        return cls(str(path), digest, path.stat().st_size)

    @classmethod
    def try_of(cls, path: Path) -> "FileRecord":
        """Like :meth:`of`, but a file that cannot be read is recorded with the reason."""
        try:
            return cls.of(path)
        except InputError as error:
            return cls(str(path), None, None, str(error))

    def document(self) -> dict[str, object]:
        """Return the record as it stands in `run_metadata.json`; the reason only where there is one."""
        written: dict[str, object] = {"path": self.path, "sha256": self.sha256, "size": self.size}
        return written | ({"reason": self.reason} if self.reason is not None else {})


@dataclass(frozen=True)
class Provenance:
    """Everything that a written result says about its origin.

    `time` is UTC; `command` is the argument list of the process; `reference` is the reference program when one took
    part.
    """

    time: datetime
    command: tuple[str, ...]
    folder: str
    git: GitState
    environment: Environment
    inputs: tuple[FileRecord, ...] = ()
    reference: FileRecord | None = None

    @classmethod
    def collect(
        cls,
        *,
        command: Sequence[str] | None = None,
        inputs: Iterable[Path | FileRecord] = (),
        reference: Path | None = None,
        device: str | None = None,
        dtype: str | None = None,
        time: datetime | None = None,
    ) -> "Provenance":
        """Describe this process, its inputs and the current folder's git repository.

        Parameters
        ----------
        command : sequence of str, optional
            The command line; by default that of this process.
        inputs : paths or records
            Paths are hashed; a caller that has read a stream gives its own record.
        reference : Path, optional
            The reference program.
        device, dtype : str, optional
            What the computation ran on and in.
        time : datetime with time zone, optional
            The moment of the result; by default now.

        Raises
        ------
        InputError
            If an input or the reference program cannot be read.
        """
        return cls(
            time=time or datetime.now(UTC),
            command=tuple(own_command() if command is None else command),
            folder=_current_folder(),
            git=git_state(),
            environment=Environment.current(device=device, dtype=dtype),
            inputs=tuple(item if isinstance(item, FileRecord) else FileRecord.of(item) for item in inputs),
            reference=None if reference is None else FileRecord.of(reference),
        )

    def document(self, outputs: Iterable[FileRecord] = ()) -> dict[str, object]:
        """Return the content of `run_metadata.json`; `outputs` are the files that the result was written to."""
        environment = self.environment.document()
        del environment["format_version"]
        return {
            "format_version": 1,
            "timestamp": utc_text(self.time),
            "command": shlex.join(self.command),
            "folder": self.folder,
            "git_sha": self.git.commit,
            "git_dirty": self.git.dirty,
            **({"git_reason": self.git.reason} if self.git.reason is not None else {}),
            **environment,
            "inputs": [record.document() for record in self.inputs],
            "reference_binary": None if self.reference is None else self.reference.document(),
            "outputs": [record.document() for record in outputs],
        }
