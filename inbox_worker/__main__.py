"""`python -m inbox_worker`: the same as the command `inbox-worker`."""

import sys

from inbox_worker.cli import main

if __name__ == "__main__":
    sys.exit(main())
