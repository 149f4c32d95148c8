"""Rules for cfn-lint that check custom resources against the schemas in the parent folder.

cfn-lint treats every `Custom::` type as `AWS::CloudFormation::CustomResource`, which can have any
property and any attribute. The option --registry-schemas does not change this (cfn-lint 1.51 to
1.58: ProviderSchemaManager.get_resource_schemas_by_regions supports only the types of AWS).
`append_rules` in .cfnlintrc adds these rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.jsonschema import ValidationResult, Validator
from cfnlint.rules import CfnLintJsonSchema, CloudFormationLintRule, RuleMatch
from cfnlint.rules.resources.properties import Properties as of_aws_types
from cfnlint.template import Template

SCHEMAS: dict[str, dict[str, Any]] = {
    schema["typeName"]: schema
    for path in sorted(Path(__file__).parents[1].glob("*.json"))
    for schema in [json.loads(path.read_text(encoding="utf-8"))]
}


def settable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without the read-only properties."""
    read_only = {pointer.rsplit("/", 1)[1] for pointer in schema["readOnlyProperties"]}
    properties = schema["properties"].items()
    return schema | {"properties": {name: p for name, p in properties if name not in read_only}}


class CustomTypeProperties(CfnLintJsonSchema):
    """Checks properties with the rules for types of AWS, whose IDs most errors have."""

    id = "E9301"
    shortdesc = "Properties of a custom resource are invalid"
    description = "Checks the properties of custom resources whose types have a schema"
    tags = ("resources", "custom")

    def __init__(self) -> None:
        self.by_path = {
            f"Resources/{name}/Properties": settable(schema) for name, schema in SCHEMAS.items()
        }
        super().__init__(keywords=list(self.by_path), all_matches=True)
        self.rule_set = of_aws_types.Properties().rule_set
        self.child_rules = dict.fromkeys(self.rule_set.values())

    def validate(
        self, validator: Validator, keyword: str, instance: Any, _: Any
    ) -> ValidationResult:
        """Handles dynamic references, unlike the base class."""
        filtered = validator.function_filter.evolve(add_cfn_lint_keyword=False)
        extended = self.extend_validator(
            validator.evolve(function_filter=filtered),
            self.by_path[keyword],
            validator.context.evolve(),
        )
        yield from self._iter_errors(extended, instance)


class CustomTypeAttributes(CloudFormationLintRule):
    """Checks attributes in Fn::GetAtt and Fn::Sub."""

    id = "E9302"
    shortdesc = "A custom resource has no such attribute"
    description = "Checks the attributes of custom resources whose types have a schema"
    tags = ("functions", "custom")

    def match(self, cfn: Template) -> list[RuleMatch]:
        matches = []
        resources = cfn.get_resources()
        for path, logical_id, attribute in references(cfn):
            schema = SCHEMAS.get(resources.get(logical_id, {}).get("Type"))
            if schema and attribute not in schema["attributes"]:
                known = ", ".join(schema["attributes"])
                type_name = schema["typeName"]
                message = f"{type_name} has no attribute {attribute!r}; its attributes are {known}"
                matches.append(RuleMatch(path, message))
        return matches


def references(cfn: Template) -> Iterator[tuple[list[Any], str, str]]:
    """The references to attributes: path, logical ID and attribute."""
    for *path, value in cfn.search_deep_keys("Fn::GetAtt"):
        parts = value.split(".", 1) if isinstance(value, str) else value
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            logical_id, *attribute = parts
            yield path, logical_id, ".".join(attribute)
    for *path, value in cfn.search_deep_keys("Fn::Sub"):
        text = value[0] if isinstance(value, list) and value else value
        if isinstance(text, str):
            for logical_id, attribute in re.findall(r"\$\{ *([^!${}.]+)\.([^${}]+?) *\}", text):
                yield path, logical_id, attribute
