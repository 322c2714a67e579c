"""A runtime executor for localemu that runs each execution environment as a Python process instead of a container.

localemu finds the plug-in through the entry point in this folder. LAMBDA_RUNTIME_EXECUTOR=process selects it.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from localemu.services.lambda_.invocation.lambda_models import InvocationResult
from localemu.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localemu.services.lambda_.invocation.runtime_executor import RuntimeExecutor

RUNTIME = Path(__file__).with_name("runtime.py")
TIMED_OUT = "RequestId: {request} Error: Task timed out"


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]  # localemu is not installed for mypy
    """The plug-in that gives localemu the executor."""

    name = "process"

    def load(self, *args: object, **kwargs: object) -> type["ProcessExecutor"]:
        return ProcessExecutor


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]  # localemu is not installed for mypy
    """One process per execution environment, as in Lambda: the module is imported once, events are handled in turn."""

    process: "subprocess.Popen[str] | None" = None
    env_vars: dict[str, Any]

    def start(self, env_vars: dict[str, Any]) -> None:
        self.env_vars = env_vars
        self.process = self._start_process()

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def invoke(self, payload: dict[str, Any], function_timeout: int | None = None) -> Any:
        process = self.process
        if process is None or process.poll() is not None:  # killed at a timeout; Lambda also starts a new environment
            process = self.process = self._start_process()
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(function_timeout or 900, process.kill)
        timer.start()
        try:
            process.stdin.write(json.dumps(payload) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        finally:
            timer.cancel()
        result = json.loads(line) if line else _timeout_result(payload["invoke-id"])
        body = json.dumps(result["payload"]).encode()
        return InvocationResult(payload["invoke-id"], body, result["is_error"], result["logs"])

    def get_address(self) -> str:
        return "127.0.0.1"

    get_endpoint_from_executor = get_address

    def get_runtime_endpoint(self) -> str:
        return ""

    def get_logs(self) -> str:
        return ""

    @classmethod
    def prepare_version(cls, function_version: Any) -> None:
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: Any) -> None:
        pass

    def _start_process(self) -> "subprocess.Popen[str]":
        environment = {name: str(value) for name, value in self.env_vars.items() if value is not None}
        code = str(self.function_version.config.code.get_unzipped_code_location())
        environment |= {"LAMBDA_TASK_ROOT": code, "PATH": os.environ["PATH"], "PYTHONPATH": code}
        # Standard input carries one event per line, standard output one result per line.
        return subprocess.Popen(
            [sys.executable, str(RUNTIME)],
            cwd=code,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )


def _timeout_result(request: str) -> dict[str, Any]:
    error = {"errorType": "Sandbox.Timedout", "errorMessage": TIMED_OUT.format(request=request)}
    return {"is_error": True, "logs": "", "payload": error}
