"""``python -m ddb_stream_lambda``."""

import sys

from .cli import main

sys.exit(main())
