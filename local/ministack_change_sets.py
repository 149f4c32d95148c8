"""Adds the property values to MiniStack's change sets.

MiniStack ignores IncludePropertyValues of DescribeChangeSet. This adds BeforeContext and
AfterContext to its response, as CloudFormation returns them.
"""

import json
from xml.etree import ElementTree

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, engine, handlers

NAMESPACE = "{http://cloudformation.amazonaws.com/doc/2010-05-15/}"
KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"

describe_change_set = handlers._ACTION_HANDLERS["DescribeChangeSet"]


class Unknown(dict):
    """The attributes of a resource that the deployment creates or may replace."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __getitem__(self, _name: str) -> str:
        return KNOWN_AFTER_APPLY


def contexts(change_set: dict) -> dict[str, dict[str, dict]]:
    """The properties of each resource before and after the deployment."""
    stack = cloudformation._stacks[change_set["StackName"]]
    resources = stack.get("_resources", {})
    later = {
        change["ResourceChange"]["LogicalResourceId"]: {
            "PhysicalResourceId": KNOWN_AFTER_APPLY,
            "Attributes": Unknown(),
        }
        for change in change_set["Changes"]
        if change["ResourceChange"].get("Replacement") != "False"
    }
    return {
        "BeforeContext": resolved(stack, stack["_template"], stack["_resolved_params"], resources),
        "AfterContext": resolved(
            stack, change_set["_template"], change_set["_resolved_params"], resources | later
        ),
    }


def resolved(stack: dict, template: dict, parameters: dict, resources: dict) -> dict[str, dict]:
    conditions = engine._evaluate_conditions(template, parameters)
    mappings = template.get("Mappings", {})
    return {
        name: engine._resolve_refs(
            resource.get("Properties", {}),
            resources,
            parameters,
            conditions,
            mappings,
            stack["StackName"],
            stack["StackId"],
        )
        for name, resource in template.get("Resources", {}).items()
        if conditions.get(resource.get("Condition"), True)
    }


def describe_with_property_values(request: dict) -> tuple:
    status, headers, body = describe_change_set(request)
    if status != 200 or handlers._p(request, "IncludePropertyValues") != "true":
        return status, headers, body
    _, change_set = changesets._find_change_set(
        handlers._p(request, "ChangeSetName"), handlers._p(request, "StackName")
    )
    document = ElementTree.fromstring(body)
    values = contexts(change_set)
    for change in document.iter(f"{NAMESPACE}ResourceChange"):
        name = change.findtext(f"{NAMESPACE}LogicalResourceId")
        for context, resources in values.items():
            if name in resources:
                element = ElementTree.SubElement(change, f"{NAMESPACE}{context}")
                element.text = json.dumps({"Properties": resources[name]})
    return status, headers, ElementTree.tostring(document)
