"""`PYTHONPATH=.:tools python -m demo`, from the repository's root."""

import atexit
import os
import shutil
import sys
import tempfile

# cdktf's Node.js process leaves files if Ctrl-C ends it. So everything temporary is below one folder, which is removed
# after cdktf's own handler at exit: handlers run in the reverse order.
scratch = tempfile.mkdtemp(prefix="ddb-stream-lambda-demo-")
atexit.register(shutil.rmtree, scratch, ignore_errors=True)
os.environ["TMPDIR"] = tempfile.tempdir = scratch

from demo.command import INTERRUPTED, main  # noqa: E402

code = main()
if code == INTERRUPTED:
    # Ctrl-C also ends Node.js, and cdktf's handler at exit then fails to end it once more.
    sys.unraisablehook = lambda _: None
sys.exit(code)
