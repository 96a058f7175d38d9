"""Each field of each answer has an example, and it is one that the field may have."""

import json
from typing import Any

import jsonschema
import pytest

from isotherm.api.openapi import describe

Schema = dict[str, Any]
COMPONENTS: Schema = json.loads(describe())["components"]
SCHEMAS: Schema = COMPONENTS["schemas"]
_SAYS_ITSELF = ("examples", "default", "enum", "const", "$ref", "properties")


def has_example(schema: Schema) -> bool:
    """Whether a reader sees what a value looks like."""
    if any(name in schema for name in _SAYS_ITSELF) or schema.get("type") in ("boolean", "null"):
        return True
    if schema.get("type") == "array":
        return has_example(schema["items"])
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return all(has_example(one) for one in schema[name])
    values = schema.get("additionalProperties")
    return isinstance(values, dict) and has_example(values)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_has_an_example(name: str) -> None:
    fields: Schema = SCHEMAS[name].get("properties", {})
    assert [field for field, schema in fields.items() if not has_example(schema)] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_example_is_a_value_of_its_field(name: str) -> None:
    wrong = [
        (field, example)
        for field, schema in SCHEMAS[name].get("properties", {}).items()
        for example in schema.get("examples", [])
        if not jsonschema.Draft202012Validator({**schema, "components": COMPONENTS}).is_valid(example)
    ]
    assert wrong == []
