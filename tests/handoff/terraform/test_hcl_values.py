"""Terraform itself evaluates both forms to the same values. No provider is needed."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.synthesized.json_text import write_json

from ..support import Terraform
from .conftest import Convert

pytestmark = pytest.mark.slow

VARIABLES: dict[str, Any] = {
    "a": {"default": 'A<&>"\\ ${x} %{y} $${z}', "description": "Like ${this}."},
    "n": {"default": 5},
    "b": {"default": True},
    "l": {"default": ["p", "$${q}"]},
    "m": {"default": {"k": "v", "${x}": None, "for": "e\u0301"}},
    "exact": {"default": Decimal("0.12345678901234567890123456789")},
    "nothing": {"default": None, "type": "string"},
}
VALUES: list[Any] = [
    *(f"${{var.{name}}}" for name in VARIABLES),
    'x${var.b ? "x" : "$${y}"}',
    '${join("}", ["{", "\\"", "\\\\"])}',
    "${\n  var.n\n  + 1 # }\n}",
    '${<<E\n a\n  }"b\nE\n}',
    "${<<-E\n    a\n      b\n    E\n}",
    "a\n\n  ${~ var.n ~}\n\n  b",
    "%{ for k in var.l ~}\n - ${k}\n%{ endfor ~}\n",
    "%{ if var.b ~}\n x\n%{ else }y%{ endif ~}\n  ",
    "$$${q} $$$${q} %%{r} $ % $$",
    "\b\f\r\n\t\x00\x7f\u2028\U0001f600\\u0041",
    "${5}",
    "${~ var.n ~}",
    '${{a = 1, "b" = var.a}}',
    {"${var.n}": 1, "a-${var.n}": 2, "for": 3, "null": None, "x y": "$${z}", "l\n": [True, [None]]},
    [Decimal("1E+40"), Decimal("0.1234567890123456789012"), -1.5e-7, 10**30],
]


def test_both_forms_evaluate_to_the_same_values(convert: Convert, terraform: Terraform, tmp_path: Path) -> None:
    blocks = {
        "variable": VARIABLES,
        "output": {f"o{index}": {"value": value} for index, value in enumerate(VALUES)},
    }
    plans = []
    for name, text in (("json.tf.json", write_json(blocks)), ("hcl.tf", convert(blocks))):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
        terraform(folder, "plan", "-no-color", "-out=plan")
        plans.append(json.loads(terraform(folder, "show", "-json", "plan"), parse_float=Decimal)["output_changes"])
    assert plans[0] == plans[1]
    assert len(plans[0]) == len(VALUES)
