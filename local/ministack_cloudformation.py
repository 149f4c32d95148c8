"""Starts MiniStack with corrections to its CloudFormation, which allows what AWS refuses.

They replace entries in MiniStack's table of operations.
"""

from ministack.app import main
from ministack.services.cloudformation.handlers import (
    _ACTION_HANDLERS,
    _error,
    _extract_string_members,
    _resolve_stack,
)

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
_ACTION_HANDLERS["DeleteStack"] = delete_stack_and_retain_what_failed

if __name__ == "__main__":
    main()
