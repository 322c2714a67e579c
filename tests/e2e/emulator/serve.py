"""Run localemu on a loopback port: ``python -m tests.e2e.emulator.serve PORT FOLDER``, from the repository's root.

The program ends when its standard input is closed, so that it does not outlive a process that was killed. Functions run
as processes of this machine. All files of the emulator are below FOLDER.
"""

import os
import sys
import threading
from pathlib import Path


def end_with_standard_input() -> None:
    sys.stdin.read()
    os._exit(1)


threading.Thread(target=end_with_standard_input, daemon=True).start()
port, folder = sys.argv[1], Path(sys.argv[2]).resolve()
folder.mkdir(parents=True, exist_ok=True)
os.environ.update(
    GATEWAY_LISTEN=f"127.0.0.1:{port}",
    # The default server ignores GATEWAY_LISTEN and listens on all interfaces.
    GATEWAY_SERVER="hypercorn",
    LOCALEMU_HOST=f"127.0.0.1:{port}",
    # The form of queue URLs that the provider can parse.
    SQS_ENDPOINT_STRATEGY="off",
    SKIP_SSL_CERT_DOWNLOAD="1",
    # Each call must be allowed by the policies of the caller's role. The key of the tests is the account's root.
    IAM_ENFORCEMENT="1",
    ROOT_ACCESS_KEYS="test",
    FILESYSTEM_ROOT=str(folder / "files"),
    CONFIG_DIR=str(folder / "config"),
    TMPDIR=str(folder),
    LAMBDA_RUNTIME_EXECUTOR="process",
    LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC="0.3",
)
# The folder of the executor's entry point.
sys.path.append(str(Path(__file__).parent))

from localemu.runtime.main import main

from tests.e2e.emulator import (
    connections,
    distributed_map,
    exports,
    invocations,
    notifications,
    permissions,
    repairs,
    scans,
    streams,
)

for module in (connections, repairs, streams, invocations, notifications, exports, scans, permissions, distributed_map):
    module.install()
main()
