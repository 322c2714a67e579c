"""Runs localemu on a loopback port, functions as processes of this machine: ``python serve.py PORT FOLDER``."""

import os
import sys
from pathlib import Path

port, folder = sys.argv[1], Path(sys.argv[2]).resolve()
folder.mkdir(parents=True, exist_ok=True)
os.environ.update(
    GATEWAY_LISTEN=f"127.0.0.1:{port}",
    # The default server takes all interfaces, whatever GATEWAY_LISTEN says.
    GATEWAY_SERVER="hypercorn",
    LOCALEMU_HOST=f"127.0.0.1:{port}",
    # Queue URLs as the provider parses them.
    SQS_ENDPOINT_STRATEGY="off",
    SKIP_SSL_CERT_DOWNLOAD="1",
    # Calls are held to the policies of the role that makes them; the tests' own key is the account's root.
    IAM_ENFORCEMENT="1",
    ROOT_ACCESS_KEYS="test",
    FILESYSTEM_ROOT=str(folder / "files"),
    CONFIG_DIR=str(folder / "config"),
    TMPDIR=str(folder),
    LAMBDA_RUNTIME_EXECUTOR="subprocess",
    LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC="0.3",
)
# Where the executor's entry point is found.
sys.path.insert(0, str(Path(__file__).parent))

import repairs
from localemu.runtime.main import main

repairs.put_in()
main()
