"""Where a node's app is looked for, beside the installed packages."""

import sys
import sysconfig
from pathlib import Path


def look_beside(config: Path) -> None:
    """Find apps in the working directory and beside the node's ``config`` too; installed packages come first."""
    for folder in (Path.cwd(), config.resolve().parent):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def folders_searched() -> list[str]:
    """The folders of Python's search path, without those of Python itself and of installed packages."""
    installed = [Path(place).resolve() for place in sysconfig.get_paths().values()]
    folders = [Path(place).resolve() for place in sys.path if not place.endswith(".zip")]
    return [str(each) for each in folders if not any(each.is_relative_to(place) for place in installed)]
