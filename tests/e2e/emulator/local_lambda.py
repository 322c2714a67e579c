"""A runtime executor for localemu: an execution environment is a Python process here, not a container.

localemu finds it by this folder's entry point, and uses it where LAMBDA_RUNTIME_EXECUTOR=subprocess.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from localemu.services.lambda_.invocation.lambda_models import InvocationResult
from localemu.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localemu.services.lambda_.invocation.runtime_executor import RuntimeExecutor

RUNTIME = Path(__file__).with_name("runtime.py")


class SubprocessExecutorPlugin(RuntimeExecutorPlugin):
    name = "subprocess"

    def load(self, *args, **kwargs):
        return SubprocessExecutor


class SubprocessExecutor(RuntimeExecutor):
    """One process an execution environment, as in Lambda: the module is imported once, events come in turn."""

    process: subprocess.Popen | None = None
    env_vars: dict

    def start(self, env_vars):
        self.env_vars = env_vars
        given = {name: str(value) for name, value in env_vars.items() if value is not None}
        code = str(self.function_version.config.code.get_unzipped_code_location())
        given |= {"LAMBDA_TASK_ROOT": code, "PATH": os.environ["PATH"], "PYTHONPATH": code}
        # Standard error is the function's log; standard input and output carry events and results, a line each.
        self.process = subprocess.Popen(
            [sys.executable, str(RUNTIME)],
            cwd=code,
            env=given,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def invoke(self, payload, function_timeout=None):
        if self.process.poll() is not None:  # killed at a timeout: Lambda too starts anew after one
            self.start(self.env_vars)
        request = payload["invoke-id"]
        timer = threading.Timer(function_timeout or 900, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(json.dumps(payload) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        answer = (
            json.loads(line)
            if line
            else {
                "is_error": True,
                "logs": "",
                "payload": {
                    "errorType": "Sandbox.Timedout",
                    "errorMessage": f"RequestId: {request} Error: Task timed out",
                },
            }
        )
        return InvocationResult(request, json.dumps(answer["payload"]).encode(), answer["is_error"], answer["logs"])

    def get_address(self):
        return "127.0.0.1"

    get_endpoint_from_executor = get_address

    def get_runtime_endpoint(self):
        return ""

    def get_logs(self):
        return ""

    @classmethod
    def prepare_version(cls, function_version):
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version):
        pass
