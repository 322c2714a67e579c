"""``python -m ddb_stream_lambda``: the console script ``ddb-stream-lambda``."""

import sys

from .cli import main

sys.exit(main())
