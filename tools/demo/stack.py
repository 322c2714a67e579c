"""The stack of the demo: the sample stack, changed so that it runs on this machine."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ddb_stream_lambda import Code
from cdktf import App

from stacks.sample import FUNCTION, NOT_DEPLOYED, SampleStack
from tests.e2e.install import EMULATOR_PYTHON

STACK = "demo"
print("ok")
