"""A database of each schema that was released, as text, for both engines: what upgrades are tested on. Frozen: never made anew.

`python -m tests.releases` writes those of the newest schema.
"""

from pathlib import Path
from typing import Final

from deskline.storage.queries import Engine

FOLDER: Final = Path(__file__).parent
RELEASES: Final = sorted({int(path.name.split(".")[0]) for path in FOLDER.glob("*.sql")})
WORKED_OUT_ANEW: Final = 3  # the last schema that an upgrade has every ticket worked out anew for
LOGIN: Final = "ann@example.com"
KEYS: Final = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")  # of the owner in accounts 1 and 2


def file_of(release: int, engine: Engine) -> Path:
    """Say where the database of a release is."""
    return FOLDER / f"{release}.{engine}.sql"
