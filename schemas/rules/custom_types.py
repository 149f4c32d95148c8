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

from botocore.exceptions import UnknownRegionError
from botocore.session import get_session
from cfnlint.jsonschema import ValidationError, ValidationResult, Validator
from cfnlint.jsonschema._keywords import dependentRequired
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
            validators={"allOf": rules_of_objects, "dependentRequired": of_given_properties},
        )
        yield from self._iter_errors(extended, instance)


def rules_of_objects(
    validator: Validator, rules: list[dict[str, Any]], instance: Any, _: Any
) -> ValidationResult:
    """Reports a rule about several properties in its own words, not in those of JSON Schema."""
    for index, rule in enumerate(rules):
        errors = list(validator.descend(instance, rule, schema_path=index))
        words = rule.get("description")
        if words is None or any(error.unknown for error in errors):
            yield from errors
        elif errors:
            # The key itself, because it has the position in the template.
            path = [key for key in instance if key == words.split()[0]]
            yield ValidationError(words, path=path)


def of_given_properties(
    validator: Validator, dependencies: dict[str, list[str]], instance: Any, schema: Any
) -> ValidationResult:
    """An empty string counts as not given."""
    given = {name: value for name, value in instance.items() if value != ""}
    yield from dependentRequired(validator, dependencies, given, schema)


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


class CustomTypeRules(CloudFormationLintRule):
    """Checks what the schemas cannot express, as src/resource/org_trail/rules.rs does.

    Values that are not literal are skipped.
    """

    id = "E9303"
    shortdesc = "A custom resource breaks a rule of CloudTrail"
    description = "Checks limits of sums, Regions, partitions, and names in the place of ARNs"
    tags = ("resources", "custom")

    def match(self, cfn: Template) -> list[RuleMatch]:
        types = {name: one.get("Type") for name, one in cfn.get_resources().items()}
        return [
            RuleMatch(["Resources", name, "Properties", *path], message)
            for name, trail in cfn.get_resources(["Custom::OrgTrail"]).items()
            if isinstance(trail.get("Properties"), dict)
            for check in (mistaken_references, misplaced_values, exceeded_limits)
            for path, message in check(trail["Properties"], types)
        ]


Problems = Iterator[tuple[list[Any], str]]

# The properties that a reference of these forms does not fit: the type of the other resource, the
# attribute that the template returns (Ref is none) and the reference to write instead.
REFERENCES = {
    "CloudWatchLogsLogGroupArn": ("AWS::Logs::LogGroup", None, "!GetAtt {}.Arn"),
    "CloudWatchLogsRoleArn": ("AWS::IAM::Role", None, "!GetAtt {}.Arn"),
    "S3BucketName": ("AWS::S3::Bucket", "Arn", "!Ref {}"),
}


def mistaken_references(properties: dict[str, Any], types: dict[str, Any]) -> Problems:
    """A name where an ARN belongs, or an ARN where a name belongs."""
    for name, (resource_type, attribute, instead) in REFERENCES.items():
        match properties.get(name):
            case {"Ref": str(target)}:
                returned = None
            case {"Fn::GetAtt": [str(target), str(returned)]}:
                pass
            case _:
                continue
        if types.get(target) == resource_type and returned == attribute:
            yield [name], f"{name} must be {instead.format(target)}"


def misplaced_values(properties: dict[str, Any], _: dict[str, Any]) -> Problems:
    """A log group in another Region than the trail, and resources in another partition."""
    home_region = properties.get("HomeRegion")
    if not isinstance(home_region, str) or not home_region:
        return
    name = "CloudWatchLogsLogGroupArn"
    group = properties.get(name)
    if isinstance(group, str) and re.match("arn:[^:]+:logs:", group):
        region = group.split(":")[3]
        if region != home_region:
            yield [name], f"{name} must be in {home_region}, the HomeRegion, and not in {region}"
    try:
        partition = get_session().get_partition_for_region(home_region)
    except UnknownRegionError:
        return
    for path, value in data_resources(properties):
        if value.startswith("arn:") and value.split(":")[1] != partition:
            yield path, f"{value} must begin with arn:{partition}: in {home_region}"


def exceeded_limits(properties: dict[str, Any], _: dict[str, Any]) -> Problems:
    """Limits of all event selectors together."""
    count = len(list(data_resources(properties)))
    if count > 250:
        yield ["EventSelectors"], f"EventSelectors have {count} data resources of at most 250"
    selectors = objects(properties, "AdvancedEventSelectors")
    fields = [
        field for _, selector in selectors for _, field in objects(selector, "FieldSelectors")
    ]
    lists = [values for field in fields for values in field.values() if isinstance(values, list)]
    count = sum(map(len, lists))
    if count > 500:
        name = "AdvancedEventSelectors"
        yield [name], f"{name} have {count} values of at most 500"


def data_resources(properties: dict[str, Any]) -> Iterator[tuple[list[Any], str]]:
    """The literal values of data resources, with their paths."""
    for selector_path, selector in objects(properties, "EventSelectors"):
        for path, resource in objects(selector, "DataResources"):
            values = resource.get("Values")
            for index, value in enumerate(values if isinstance(values, list) else []):
                if isinstance(value, str):
                    yield [*selector_path, *path, "Values", index], value


def objects(properties: dict[str, Any], name: str) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """The objects in a list, with their paths."""
    entries = properties.get(name)
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict):
            yield [name, index], entry


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
