"""Deploys stacks through CloudFormation and shows their events as they come."""

import time
from collections.abc import Mapping

from botocore.exceptions import ClientError

from local import show
from local.failure import Failure

POLL_SECONDS = 0.1
# The longest wait is a delivery gate's, for seconds; CloudFormation's own hour would hide more.
OPERATION_SECONDS = 120
CAPABILITIES = ["CAPABILITY_NAMED_IAM"]


class Stack:
    """A stack by name, with the operations of the CloudFormation console."""

    def __init__(self, cloudformation, name: str):
        self.cloudformation = cloudformation
        self.name = name
        # CloudFormation finds a deleted stack only by its ID.
        self.id = name
        self.seen: set[str] = set()

    def create(self, template: str, parameters: Mapping[str, str]) -> list[dict]:
        self.start_create(template, parameters)
        return self.follow("CREATE_COMPLETE")

    def create_that_fails(self, template: str, parameters: Mapping[str, str]) -> list[dict]:
        """A creation that is rolled back; returns its events."""
        self.start_create(template, parameters)
        return self.follow("ROLLBACK_COMPLETE")

    def start_create(self, template: str, parameters: Mapping[str, str]) -> None:
        self.id = self.cloudformation.create_stack(
            StackName=self.name, **declaration(template, parameters)
        )["StackId"]

    def create_or_update(
        self, template: str, parameters: Mapping[str, str], capabilities: list[str]
    ) -> list[dict]:
        """CodePipeline's CREATE_UPDATE; returns its events, none where nothing changed."""
        request = declaration(template, parameters) | {"Capabilities": capabilities}
        if not self.exists():
            self.id = self.cloudformation.create_stack(StackName=self.name, **request)["StackId"]
            return self.follow("CREATE_COMPLETE")
        try:
            self.cloudformation.update_stack(StackName=self.id, **request)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            show.note("no changes")
            return []
        return self.follow("UPDATE_COMPLETE")

    def prepare(
        self, template: str, parameters: Mapping[str, str], capabilities: list[str], name: str
    ) -> None:
        """CodePipeline's CHANGE_SET_REPLACE."""
        request = declaration(template, parameters) | {"Capabilities": capabilities}
        kind = "UPDATE" if self.exists() else "CREATE"
        if kind == "UPDATE":
            self.cloudformation.delete_change_set(StackName=self.name, ChangeSetName=name)
        self.id = self.cloudformation.create_change_set(
            StackName=self.name, ChangeSetName=name, ChangeSetType=kind, **request
        )["StackId"]

    def execute(self, name: str) -> list[dict]:
        """CodePipeline's CHANGE_SET_EXECUTE; returns its events, none where nothing changed."""
        # MiniStack finds a change set only by the name of its stack.
        names = {"StackName": self.name, "ChangeSetName": name}
        change_set = self.cloudformation.describe_change_set(**names)
        if change_set["Status"] == "FAILED":
            show.note("no changes")
            return []
        is_new = self.describe()["StackStatus"] == "REVIEW_IN_PROGRESS"
        self.cloudformation.execute_change_set(**names)
        return self.follow("CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE")

    def exists(self) -> bool:
        try:
            return bool(self.describe())
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            return False

    def update(self, template: str, parameters: Mapping[str, str]) -> None:
        self.start_update(template, parameters)
        self.follow("UPDATE_COMPLETE")

    def update_that_fails(self, template: str, parameters: Mapping[str, str]) -> list[dict]:
        """An update that is rolled back; returns its events."""
        self.start_update(template, parameters)
        return self.follow("UPDATE_ROLLBACK_COMPLETE")

    def start_update(self, template: str, parameters: Mapping[str, str]) -> None:
        self.cloudformation.update_stack(StackName=self.id, **declaration(template, parameters))

    def refusals(self, template: str, parameters: Mapping[str, str]) -> list[str]:
        """The errors of a creation and of a change set, which `aws cloudformation deploy` makes."""
        request = {"StackName": self.name} | declaration(template, parameters)
        errors = []
        for operation, more in (
            (self.cloudformation.create_stack, {}),
            (self.cloudformation.create_change_set, {"ChangeSetName": "again"}),
        ):
            try:
                operation(**request, **more)
            except ClientError as error:
                errors.append(str(error))
        return errors

    def delete(self) -> list[dict]:
        self.cloudformation.delete_stack(StackName=self.id)
        return self.follow("DELETE_COMPLETE")

    def outputs(self) -> dict[str, str]:
        return {
            output["OutputKey"]: output["OutputValue"]
            for output in self.describe().get("Outputs", [])
        }

    def physical_id(self, logical_id: str) -> str:
        detail = self.cloudformation.describe_stack_resource(
            StackName=self.id, LogicalResourceId=logical_id
        )
        return detail["StackResourceDetail"]["PhysicalResourceId"]

    def describe(self) -> dict:
        return self.cloudformation.describe_stacks(StackName=self.id)["Stacks"][0]

    def follow(self, wanted: str) -> list[dict]:
        """Shows the events of the operation until it ends. Its status must then be `wanted`."""
        deadline = time.monotonic() + OPERATION_SECONDS
        events: list[dict] = []
        while True:
            # The status first, so that the events that belong to it exist when they are read.
            status = self.describe()["StackStatus"]
            new = self.new_events()
            for event in new:
                show_event(event)
            events += new
            if not status.endswith("_IN_PROGRESS"):
                break
            if time.monotonic() > deadline:
                raise Failure(f"{self.name} is {status} after {OPERATION_SECONDS} s")
            time.sleep(POLL_SECONDS)
        if status != wanted:
            raise Failure(f"{self.name} is {status} instead of {wanted}")
        return events

    def new_events(self) -> list[dict]:
        """Events not returned before, oldest first."""
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(
            StackName=self.id
        )
        new = [
            event
            for page in pages
            for event in page["StackEvents"]
            if event["EventId"] not in self.seen
        ]
        self.seen.update(event["EventId"] for event in new)
        return new[::-1]


def reasons(events: list[dict], logical_id: str, status: str) -> list[str]:
    """The reasons in the events of a resource with this status.

    CloudFormation puts "Received response status [FAILED] from custom resource. Message returned: "
    before the function's reason; MiniStack shows it bare.
    """
    return [
        event.get("ResourceStatusReason", "") for event in of_resource(events, logical_id, status)
    ]


def seconds_until(events: list[dict], logical_id: str, status: str) -> float:
    """The seconds from the creation of a resource until it has this status."""
    (began,) = of_resource(events, logical_id, "CREATE_IN_PROGRESS")
    (ended,) = of_resource(events, logical_id, status)
    return (ended["Timestamp"] - began["Timestamp"]).total_seconds()


def skipped_by(deletion: list[dict]) -> set[str]:
    """The resources that the deletion of their stack retained."""
    return {
        event["LogicalResourceId"]
        for event in deletion
        if event["ResourceStatus"] == "DELETE_SKIPPED"
    }


def of_resource(events: list[dict], logical_id: str, status: str) -> list[dict]:
    return [
        event
        for event in events
        if event["LogicalResourceId"] == logical_id and event["ResourceStatus"] == status
    ]


def declaration(template: str, parameters: Mapping[str, str]) -> dict:
    return {
        "TemplateBody": template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Capabilities": CAPABILITIES,
    }


def show_event(event: dict) -> None:
    show.event(
        event["Timestamp"],
        event["ResourceStatus"],
        event["LogicalResourceId"],
        event["ResourceType"],
        event.get("ResourceStatusReason", ""),
    )
