"""Starts MiniStack with corrections to its CloudFormation, and with one more resource type.

MiniStack allows what AWS refuses. The corrections replace entries in its table of operations.
"""

import json

from ministack.app import main
from ministack.services import organizations
from ministack.services.cloudformation.handlers import (
    _ACTION_HANDLERS,
    _error,
    _extract_string_members,
    _resolve_stack,
)
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

from local.ministack_change_sets import describe_with_property_values

create_stack, create_change_set, delete_stack = (
    _ACTION_HANDLERS[action] for action in ("CreateStack", "CreateChangeSet", "DeleteStack")
)
# After the creation failed, only a deletion is possible.
NEVER_CREATED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}


def named(params: dict) -> dict | None:
    """The stack that the request is for, unless it is deleted."""
    stack = _resolve_stack(params["StackName"][0])
    return stack if stack and stack["StackStatus"] != "DELETE_COMPLETE" else None


def create_stack_of_a_new_name(params: dict) -> tuple:
    """MiniStack replaces a stack whose creation was rolled back."""
    stack = named(params)
    if stack and stack["StackStatus"] in NEVER_CREATED:
        return _error("AlreadyExistsException", f"Stack [{stack['StackName']}] already exists")
    return create_stack(params)


def create_change_set_of_a_created_stack(params: dict) -> tuple:
    """`aws cloudformation deploy` creates a change set. MiniStack accepts it in each status."""
    stack = named(params)
    if stack and stack["StackStatus"] in NEVER_CREATED:
        message = (
            f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."
        )
        return _error("ValidationError", message)
    return create_change_set(params)


def delete_stack_and_retain_what_failed(params: dict) -> tuple:
    """MiniStack retains each resource of a stack that is DELETE_FAILED."""
    stack = named(params)
    if stack and stack["StackStatus"] == "DELETE_FAILED":
        retained = _extract_string_members(params, "RetainResources")
        resources = stack["_resources"]
        wrong = [
            name
            for name in retained
            if resources.get(name, {}).get("ResourceStatus") != "DELETE_FAILED"
        ]
        if wrong:
            message = (
                "The specified resources to retain must be in a valid state. Do not specify the "
                f"following resources: [{', '.join(wrong)}]"
            )
            return _error("ValidationError", message)
    return delete_stack(params)


_ACTION_HANDLERS["CreateStack"] = create_stack_of_a_new_name
_ACTION_HANDLERS["CreateChangeSet"] = create_change_set_of_a_created_stack
_ACTION_HANDLERS["DescribeChangeSet"] = describe_with_property_values
_ACTION_HANDLERS["DeleteStack"] = delete_stack_and_retain_what_failed


def organizations_result(operation: str, **request: object) -> dict:
    """Calls an operation of MiniStack's Organizations."""
    status, _, body = getattr(organizations, operation)(request)
    answer = json.loads(body or b"{}")
    if status != 200:
        raise ValueError(f"{operation} failed: {answer}")
    return answer


def create_policy(_logical_id: str, properties: dict, _stack_name: str) -> tuple:
    """The type AWS::Organizations::Policy."""
    request = {name: properties[name] for name in ("Name", "Type")}
    request["Description"] = properties.get("Description", "")
    request["Content"] = json.dumps(properties["Content"])
    policy = organizations_result("_create_policy", **request)["Policy"]["PolicySummary"]
    for target in properties.get("TargetIds", []):
        organizations_result("_attach_policy", PolicyId=policy["Id"], TargetId=target)
    return policy["Id"], {"Id": policy["Id"], "Arn": policy["Arn"]}


def delete_policy(policy: str, properties: dict) -> None:
    for target in properties.get("TargetIds", []):
        organizations_result("_detach_policy", PolicyId=policy, TargetId=target)
    organizations_result("_delete_policy", PolicyId=policy)


_RESOURCE_HANDLERS["AWS::Organizations::Policy"] = {
    "create": create_policy,
    "delete": delete_policy,
}

if __name__ == "__main__":
    main()
