"""What the name of a file promises of an image in it. What the file holds decides."""

from pathlib import Path

FORMATS = {
    ".npy": "npy",
    ".npz": "npz",
    ".pgm": "PGM",
    ".smv": "SMV",
    ".cbf": "CBF",
    ".edf": "EDF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".h5": "HDF5",
    ".hdf5": "HDF5",
    ".hdf": "HDF5",
    ".nxs": "HDF5",
    ".nexus": "HDF5",
}
"""Endings that promise a format."""

SMV_SUFFIXES = frozenset({".img", ".smv"})
"""Endings that SMV images have; other images end in .img too, so that it promises nothing."""

IMAGE_SUFFIXES = SMV_SUFFIXES | FORMATS.keys() | {".bin", ".raw", ".float", ".f32", ".f64"}
"""Endings of names that mean an image, those of images without a header included."""


def suffix_of(path: Path) -> str:
    """Return the ending of a file's name in lower case, without that of gzip."""
    return Path(path.name.removesuffix(".gz")).suffix.lower()
