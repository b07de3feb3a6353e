"""The folder of a demo, which is emptied at every start: only one that a demo made, or that holds nothing."""

import shutil
from pathlib import Path

from flock.errors import BadConfig

MARKER = ".flock-demo"
MARKED = "A demo of flock made this folder. The next demo here deletes everything in it.\n"


def claim_folder(folder: Path) -> None:
    """Empty ``folder`` and mark it as a demo's. Raises BadConfig, before it touches anything, if it is not one."""
    if folder.exists() and not _is_free(folder):
        raise BadConfig(
            f"{folder} is not the folder of an earlier demo, and a demo deletes what is in its folder. "
            "Name an empty or a new folder with --folder."
        )
    try:
        if folder.exists():
            shutil.rmtree(folder.resolve())
        folder.mkdir(parents=True)
        (folder / MARKER).write_text(MARKED)
    except OSError as problem:
        raise BadConfig(
            f"The demo's folder {folder} cannot be made ({problem.strerror}). Name another with --folder."
        ) from None


def _is_free(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MARKER).is_file() or not any(folder.iterdir()))
