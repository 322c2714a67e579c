"""The Lambda runtime of an execution environment: each input line is an event, each output line is its result."""

import importlib
import io
import json
import logging
import os
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any

results, events = sys.stdout, sys.stdin
log = io.StringIO()
sys.stdout = sys.stderr = log
# Lambda's runtime installs a handler on the root logger; functions only set levels.
logging.basicConfig(stream=log, format="[%(levelname)s]\t%(asctime)s\t%(message)s")
module, _, name = os.environ["_HANDLER"].rpartition(".")
handler: Any = None

for line in events:
    payload = json.loads(line)
    deadline = time.monotonic() + float(os.environ["AWS_LAMBDA_FUNCTION_TIMEOUT"])
    context = SimpleNamespace(
        aws_request_id=payload["invoke-id"],
        invoked_function_arn=payload["invoked-function-arn"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        get_remaining_time_in_millis=lambda deadline=deadline: max(0, int((deadline - time.monotonic()) * 1000)),
    )
    print(f"START RequestId: {context.aws_request_id}")
    try:
        if handler is None:
            handler = getattr(importlib.import_module(module.replace("/", ".")), name)
        result = {"is_error": False, "payload": handler(json.loads(payload["payload"]), context)}
        json.dumps(result)
    except BaseException as error:
        traceback.print_exc()
        result = {
            "is_error": True,
            "payload": {
                "errorMessage": str(error),
                "errorType": type(error).__name__,
                "stackTrace": traceback.format_tb(error.__traceback__),
            },
        }
    print(f"END RequestId: {context.aws_request_id}")
    result["logs"] = log.getvalue()
    log.seek(0)
    log.truncate()
    results.write(json.dumps(result) + "\n")
    results.flush()
