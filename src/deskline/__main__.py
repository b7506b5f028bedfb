"""Run the command line as `python -m deskline`. Nothing else."""

import sys

from deskline.cli import main

if __name__ == "__main__":
    sys.exit(main())
