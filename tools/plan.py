"""Shows the changes of a deployment to the organization's trail, before anything changes.

CloudFormation shows a changed custom resource as "Modify". This program creates a change set, sends
the properties in it to OrgTrail's plan function, prints the plan of every Custom::Org* resource and
deletes the change set again. It requires Python 3.11 and boto3. docs/plan.md describes it.

Exit status: 0 nothing would change, 2 something would change, 1 an error or a refusal.
"""

import argparse
import json
import os
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

NO_CHANGES, ERROR, CHANGES = 0, 1, 2

# CloudFormation's value for what is known only after the deployment.
UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"
KNOWN_LATER = "(known after apply)"

# In the order in which stacks depend on them.
TRUSTED_ACCESS = "Custom::OrgTrustedAccess"
ADMINISTRATOR = "Custom::OrgDelegatedAdministrator"
TRAIL = "Custom::OrgTrail"
DELIVERY = "Custom::OrgTrailDelivery"
TYPES = (TRUSTED_ACCESS, ADMINISTRATOR, TRAIL, DELIVERY)

DELETION = {
    TRUSTED_ACCESS: "disables trusted access only with DeleteBehavior: Disable",
    ADMINISTRATOR: "deregisters the account if the resource registered it",
    TRAIL: "deletes the trail if the resource created it, releases it if the resource adopted it",
    DELIVERY: "changes nothing in AWS",
}

# The symbol, the color and the words of each outcome, in the order of the summary.
CREATE, CHANGE, REPLACE, DELETE, WAIT = "create", "change", "replace", "delete", "wait"
UNDECIDED, REFUSE, KEEP = "undecided", "refuse", "keep"
BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"
OUTCOMES = {
    CREATE: ("+", GREEN, "to create"),
    CHANGE: ("~", YELLOW, "to change"),
    REPLACE: ("-/+", RED, "to replace"),
    DELETE: ("-", RED, "to delete"),
    WAIT: (">", CYAN, "to wait for"),
    UNDECIDED: ("?", CYAN, "undecided"),
    REFUSE: ("!", RED, "refused"),
    KEEP: ("=", DIM, "unchanged"),
}
CREATIONS = {
    "CreateTrail",
    "EnableAWSServiceAccess",
    "RegisterDelegatedAdministrator",
    "RegisterOrganizationDelegatedAdmin",
}

# The characters of a changed setting in one line.
WIDTH = 80

# CloudFormation needs seconds for a change set, and the plan function up to five minutes.
CHANGE_SET_SECONDS = 300
POLL_SECONDS = 1
INVOCATION_SECONDS = 310


class Failure(Exception):
    """The cause of an error, and the cure."""


@dataclass
class Resource:
    """A Custom::Org* resource in a change set."""

    logical_id: str
    type: str
    physical_id: str | None
    # Add, Modify or Remove.
    action: str
    # Delete, Retain, ReplaceAndDelete, ReplaceAndRetain, if the change set has it.
    policy: str | None
    properties: dict
    old_properties: dict


@dataclass
class Plan:
    """The changes that the deployment would make to a resource."""

    resource: Resource
    outcome: str
    steps: list[dict] = field(default_factory=list)
    # Why the request would be refused.
    refused: list[str] = field(default_factory=list)
    # The limits of the plan.
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict:
        return {
            "LogicalResourceId": self.resource.logical_id,
            "ResourceType": self.resource.type,
            "PhysicalResourceId": self.resource.physical_id,
            "Outcome": self.outcome,
            "Steps": self.steps,
            "Refused": self.refused,
            "Notes": self.notes,
        }


# --------------------------------------------------------------------------------------------------
# The change set


class ChangeSet:
    """A change set of a stack, which is deleted at the end if this program created it."""

    def __init__(self, cloudformation, stack: str, options: argparse.Namespace):
        self.cloudformation = cloudformation
        self.stack = stack
        self.name = options.change_set or f"orgtrail-plan-{uuid.uuid4().hex[:12]}"
        self.stack_id = ""
        self.is_own = not options.change_set and not options.keep
        # CloudFormation creates a stack without resources for the change set of a new stack.
        self.created_stack = False
        if not options.change_set:
            self.create(options)

    def create(self, options: argparse.Namespace) -> None:
        existing = stack_named(self.cloudformation, self.stack)
        is_new = existing is None or existing["StackStatus"] == "REVIEW_IN_PROGRESS"
        template = template_of(options)
        if is_new and template == {"UsePreviousTemplate": True}:
            raise Failure(f"the stack {self.stack} does not exist yet; specify --template-file")
        request = {
            "StackName": self.stack,
            "ChangeSetName": self.name,
            "ChangeSetType": "CREATE" if is_new else "UPDATE",
            "Description": "Created by tools/plan.py, which deletes it again",
            "Capabilities": options.capabilities,
            "Parameters": self.parameters(template, None if is_new else existing, options),
        }
        if options.role_arn:
            request["RoleARN"] = options.role_arn
        created = self.cloudformation.create_change_set(**request, **template)
        self.created_stack = existing is None
        self.stack_id = created["StackId"]

    def parameters(
        self, template: dict, existing: dict | None, options: argparse.Namespace
    ) -> list[dict]:
        """The given values. The other parameters keep their values, as with `aws deploy`."""
        given = dict(override.split("=", 1) for override in options.parameter_overrides)
        values = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
        if not existing:
            return values
        source = {"StackName": self.stack} if "UsePreviousTemplate" in template else template
        summary = self.cloudformation.get_template_summary(**source)
        declared = {parameter["ParameterKey"] for parameter in summary.get("Parameters", [])}
        kept = {parameter["ParameterKey"] for parameter in existing.get("Parameters", [])}
        kept = sorted((kept & declared) - given.keys())
        return values + [{"ParameterKey": key, "UsePreviousValue": True} for key in kept]

    def resources(self) -> list[Resource]:
        """The Custom::Org* resources that the deployment would create, update or delete."""
        pages = [self.completed()]
        while token := pages[-1].get("NextToken"):
            pages.append(self.describe(NextToken=token))
        self.stack_id = pages[0]["StackId"]
        changes = [change["ResourceChange"] for page in pages for change in page["Changes"]]
        known = [change for change in changes if change["ResourceType"] in TYPES]
        resources = [resource_of(change) for change in known]
        return sorted(resources, key=lambda it: (TYPES.index(it.type), it.logical_id))

    def completed(self) -> dict:
        """The change set when CloudFormation has created it."""
        deadline = time.monotonic() + CHANGE_SET_SECONDS
        while True:
            described = self.describe()
            status, reason = described["Status"], described.get("StatusReason", "")
            if status == "CREATE_COMPLETE" or (status == "FAILED" and is_empty(reason)):
                return described
            if status == "FAILED":
                raise Failure(f"CloudFormation cannot create the change set: {reason}")
            if time.monotonic() > deadline:
                raise Failure(f"the change set is {status} after {CHANGE_SET_SECONDS} s")
            time.sleep(POLL_SECONDS)

    def describe(self, **page: str) -> dict:
        return self.cloudformation.describe_change_set(
            StackName=self.stack, ChangeSetName=self.name, IncludePropertyValues=True, **page
        )

    def delete(self) -> None:
        """Deletes what this program created."""
        if not self.is_own or not self.stack_id:
            return
        names = {"StackName": self.stack_id, "ChangeSetName": self.name}
        self.cloudformation.delete_change_set(**names)
        if self.created_stack:
            # A stack in review has no resources. Any other would have been deployed meanwhile.
            stack = stack_named(self.cloudformation, self.stack_id)
            if stack and stack["StackStatus"] == "REVIEW_IN_PROGRESS":
                self.cloudformation.delete_stack(StackName=self.stack_id)

    def owner(self) -> str:
        """The ID of the stack. If this program deletes the stack, the next one has another ID."""
        if self.is_own and self.created_stack:
            return f"{self.stack_id.rpartition('/')[0]}/{UNKNOWN}"
        return self.stack_id


def stack_named(cloudformation, name: str) -> dict | None:
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def template_of(options: argparse.Namespace) -> dict:
    if options.template_url:
        return {"TemplateURL": options.template_url}
    if options.template_file:
        return {"TemplateBody": options.template_file.read_text()}
    return {"UsePreviousTemplate": True}


def is_empty(reason: str) -> bool:
    """True if CloudFormation found no changes."""
    return "contain changes" in reason or "No updates are to be performed" in reason


def resource_of(change: dict) -> Resource:
    if change["Action"] != "Remove" and "AfterContext" not in change:
        raise Failure(
            f"the change set has no property values of {change['LogicalResourceId']}; "
            "cloudformation:DescribeChangeSet must support IncludePropertyValues"
        )
    before = json.loads(change.get("BeforeContext") or "{}")
    after = json.loads(change.get("AfterContext") or "{}")
    policy = change.get("PolicyAction")
    if not policy and "Retain" in after.get("UpdateReplacePolicy", ""):
        policy = "ReplaceAndRetain"
    return Resource(
        logical_id=change["LogicalResourceId"],
        type=change["ResourceType"],
        physical_id=change.get("PhysicalResourceId") or None,
        action=change["Action"],
        policy=policy,
        properties=after.get("Properties", {}),
        old_properties=before.get("Properties", {}),
    )


# --------------------------------------------------------------------------------------------------
# Plans


class Planner:
    """Makes plans with the plan function."""

    def __init__(self, lambda_, function: str, stack_id: str):
        self.lambda_ = lambda_
        self.function = function
        self.stack_id = stack_id
        # The IDs that resources keep, although the change set does not know it.
        self.kept_ids: set[str] = set()

    def plan(self, resource: Resource) -> Plan:
        if resource.action == "Remove":
            return deletion(resource)
        for name, value in resource.old_properties.items():
            if resource.properties.get(name) == UNKNOWN and str(value) in self.kept_ids:
                resource.properties[name] = value
        plan = self.plan_with_known(resource)
        if plan.outcome in (KEEP, CHANGE) and resource.physical_id:
            self.kept_ids.add(resource.physical_id)
        return plan

    def plan_with_known(self, resource: Resource) -> Plan:
        properties, unknown, undecidable = known(resource.properties, self.stack_id)
        if undecidable:
            names = ", ".join(undecidable)
            note = f"{names}: known only after the deployment, so there is no plan"
            return Plan(resource, UNDECIDED, notes=[note])
        response = self.invoke(resource, properties)
        plan = planned(resource, response)
        for name in unknown:
            plan.notes.append(f"{name}: known only after the deployment, and may stay as it is")
        return plan

    def invoke(self, resource: Resource, properties: dict) -> dict:
        request = {
            "RequestType": "Plan",
            "ResourceType": resource.type,
            "StackId": self.stack_id,
            "LogicalResourceId": resource.logical_id,
            "ResourceProperties": properties,
        }
        if resource.action == "Modify" and resource.physical_id:
            request["PhysicalResourceId"] = resource.physical_id
            request["OldResourceProperties"] = resource.old_properties
        invoked = self.lambda_.invoke(FunctionName=self.function, Payload=json.dumps(request))
        response = json.loads(invoked["Payload"].read() or "null")
        if invoked.get("FunctionError") or not isinstance(response, dict):
            reason = (response or {}).get("errorMessage", "it returned no plan")
            raise Failure(f"the plan function failed for {resource.logical_id}: {reason}")
        return response


def deletion(resource: Resource) -> Plan:
    if resource.policy == "Retain":
        note = "the stack no longer contains it, and it stays in AWS (DeletionPolicy)"
        return Plan(resource, KEEP, notes=[note])
    return Plan(resource, DELETE, notes=[f"Delete {DELETION[resource.type]}"])


def planned(resource: Resource, response: dict) -> Plan:
    refused = response["Problems"] + [reason for reason in [response["Refused"]] if reason]
    steps = [shown_step(step) for step in response["Steps"]]
    operations = {step["Operation"] for step in steps}
    replaced = [step["Replaces"] for step in steps if "Replaces" in step]
    notes = []
    if refused:
        outcome = REFUSE
    elif replaced:
        outcome = REPLACE
        kept = resource.policy == "ReplaceAndRetain"
        rest = "stays in AWS (UpdateReplacePolicy)" if kept else DELETION[resource.type]
        notes.append(f"afterwards {replaced[0]}: {rest if kept else f'Delete {rest}'}")
    elif response["InSync"]:
        outcome = KEEP
    elif resource.type == DELIVERY:
        outcome = WAIT
    else:
        outcome = CREATE if operations & CREATIONS else CHANGE
    return Plan(resource, outcome, steps, refused, notes)


def settle(plans: list[Plan]) -> None:
    """A gate observes the trail before the deployment, which changes the trail first."""
    changed = {step["Resource"] for plan in plans for step in plan.steps}
    for plan in plans:
        if plan.resource.type == DELIVERY and plan.resource.properties.get("TrailArn") in changed:
            reasons, plan.refused = plan.refused, []
            plan.outcome, plan.steps = UNDECIDED, []
            plan.notes.append("the deployment changes the trail first, so there is no plan")
            plan.notes += [f"at the moment: {reason}" for reason in reasons]


# Valid values for properties that are known only after the deployment and do not identify the
# resource. The plan function then decides about the rest.
PLACEHOLDER = "known-after-apply"
PLACEHOLDERS = {
    "S3BucketName": PLACEHOLDER,
    "S3KeyPrefix": PLACEHOLDER,
    "SnsTopicName": PLACEHOLDER,
    "KMSKeyId": "arn:{partition}:kms:{region}:000000000000:key/" + str(uuid.UUID(int=0)),
    "CloudWatchLogsLogGroupArn": "arn:{partition}:logs:{region}:000000000000:log-group:"
    + PLACEHOLDER,
    "CloudWatchLogsRoleArn": "arn:{partition}:iam::000000000000:role/" + PLACEHOLDER,
}
# These are not for the resource, but for CloudFormation.
NOT_PLANNED = {"ServiceToken", "ServiceTimeout"}


def known(properties: dict, stack_id: str) -> tuple[dict, list[str], list[str]]:
    """The properties with placeholders, and the names of those that are known only later.

    The last list has those without which nothing can be decided.
    """
    _, partition, _, region, *_ = stack_id.split(":")
    region = properties.get("HomeRegion") or region
    values, unknown, undecidable = dict(properties), [], []
    for name, value in properties.items():
        if name in NOT_PLANNED or UNKNOWN not in json.dumps(value):
            continue
        if name in PLACEHOLDERS:
            values[name] = PLACEHOLDERS[name].format(partition=partition, region=region)
            unknown.append(name)
        else:
            undecidable.append(name)
    for name in NOT_PLANNED & values.keys():
        del values[name]
    return values, unknown, undecidable


def shown_step(step: dict) -> dict:
    """The step with the words for what is known only later."""
    changes = [
        change | {side: shown_value(change[side]) for side in ("Old", "New")}
        for change in step.get("Changes", [])
    ]
    return step | ({"Changes": changes} if changes else {})


def shown_value(value: str) -> str:
    is_placeholder = PLACEHOLDER in value or PLACEHOLDERS["KMSKeyId"].rpartition("/")[2] in value
    return KNOWN_LATER if is_placeholder else value.replace(UNKNOWN, KNOWN_LATER)


# --------------------------------------------------------------------------------------------------
# Output


class Printer:
    """Prints plans for people."""

    def __init__(self, color: bool):
        self.color = color

    def paint(self, text: str, *codes: str) -> str:
        text = printable(text)
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.color and codes else text

    def show(self, stack: str, plans: list[Plan]) -> None:
        print(self.paint(f"Plan of the stack {stack}", BOLD))
        for plan in plans:
            print()
            self.show_plan(plan)
        print(f"\n{summary(plans)}")

    def show_plan(self, plan: Plan) -> None:
        symbol, color, _ = OUTCOMES[plan.outcome]
        resource = plan.resource
        name, type_ = self.paint(resource.logical_id, BOLD), self.paint(resource.type, DIM)
        physical_id = printable(resource.physical_id or "")
        print(f"{self.paint(f'{symbol:<3}', color)} {name}  {type_}  {physical_id}".rstrip())
        shown = resource.physical_id
        for step in plan.steps:
            self.show_step(step, color, shown)
            shown = step["Resource"]
        for reason in plan.refused:
            print(f"      {self.paint('refused:', RED)} {printable(reason)}")
        for note in plan.notes:
            print(f"      {self.paint(note, DIM)}")

    def show_step(self, step: dict, color: str, shown: str | None) -> None:
        """Shows a step, and the resource that it acts on if that is not the one shown before."""
        on = "" if step["Resource"] == shown else f"  {printable(step['Resource'])}"
        print(f"      {self.paint(step['Operation'], color)}{on}")
        if "Replaces" in step:
            print(f"        {self.paint('replaces', RED)} {printable(step['Replaces'])}")
        for change in step.get("Changes", []):
            name, old, new = (printable(change[field]) for field in ("Name", "Old", "New"))
            if not old:
                print(f"        {self.paint('+', GREEN)} {name}: {new}")
            elif not new:
                print(f"        {self.paint('-', RED)} {name}: {old}")
            else:
                # Long values are easier to compare one below the other.
                is_long = len(name + old + new) > WIDTH
                arrow = f"\n{' ' * (len(name) + 9)}-> " if is_long else " -> "
                print(f"        {self.paint('~', YELLOW)} {name}: {old}{arrow}{new}")


def printable(text: str) -> str:
    """Names and tags come from AWS, and must not control the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def summary(plans: list[Plan]) -> str:
    counts = Counter(plan.outcome for plan in plans)
    parts = [f"{counts[it]} {words}" for it, (_, _, words) in OUTCOMES.items() if counts[it]]
    return f"{', '.join(parts)}." if parts else "No Custom::Org* resource changes."


def exit_status(plans: list[Plan]) -> int:
    outcomes = {plan.outcome for plan in plans}
    if REFUSE in outcomes:
        return ERROR
    return CHANGES if outcomes - {KEEP} else NO_CHANGES


# --------------------------------------------------------------------------------------------------
# Command line


def parsed_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="plan.py", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--stack-name", required=True, help="stack to deploy; it does not have to exist")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--template-file", type=Path, help="default: the template of the stack")
    source.add_argument("--template-url", help="the same in S3, for more than 51,200 bytes")
    source.add_argument("--change-set", help="plan this change set, and create and delete none")
    add(
        "--parameter-overrides",
        nargs="*",
        default=[],
        metavar="KEY=VALUE",
        help="other parameters keep their values",
    )
    add("--capabilities", nargs="*", default=[], help="as for `aws cloudformation deploy`")
    add("--role-arn", help="role of CloudFormation for the change set")
    add("--function-stack", default="orgtrail", help="stack of OrgTrail's functions (orgtrail)")
    add("--plan-function", help="ARN of the plan function, in place of the stack's output")
    add("--keep", action="store_true", help="do not delete the change set")
    add("--json", action="store_true", help="print the plan as JSON")
    add("--color", choices=["auto", "always", "never"], default="auto")
    add("--region")
    add("--profile")
    add("--endpoint", help="URL of all services, for a local AWS")
    options = parser.parse_args(arguments)
    if unfit := [given for given in options.parameter_overrides if "=" not in given]:
        parser.error(f"--parameter-overrides: {unfit[0]} does not have the form KEY=VALUE")
    return options


def wants_color(choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def plan_function(cloudformation, options: argparse.Namespace) -> str:
    if options.plan_function:
        return options.plan_function
    stack = stack_named(cloudformation, options.function_stack)
    outputs = {} if stack is None else {it["OutputKey"]: it for it in stack.get("Outputs", [])}
    if "PlanFunctionArn" not in outputs:
        raise Failure(
            f"the stack {options.function_stack} has no output PlanFunctionArn; specify "
            "--function-stack or --plan-function, and ManagementPlanRoleArn of that stack if its "
            "function is not in the management account"
        )
    return outputs["PlanFunctionArn"]["OutputValue"]


def run(options: argparse.Namespace) -> int:
    session = boto3.Session(region_name=options.region, profile_name=options.profile)
    cloudformation = session.client("cloudformation", endpoint_url=options.endpoint)
    # A plan is not repeated while the function still works on it.
    config = Config(read_timeout=INVOCATION_SECONDS, retries={"total_max_attempts": 1})
    lambda_ = session.client("lambda", endpoint_url=options.endpoint, config=config)
    function = plan_function(cloudformation, options)
    change_set = ChangeSet(cloudformation, options.stack_name, options)
    try:
        resources = change_set.resources()
        planner = Planner(lambda_, function, change_set.owner())
        plans = [planner.plan(resource) for resource in resources]
    finally:
        change_set.delete()
    settle(plans)
    if options.json:
        document = {
            "Stack": change_set.stack,
            "ChangeSet": None if change_set.is_own else change_set.name,
            "Resources": [plan.to_json() for plan in plans],
        }
        print(json.dumps(document, indent=2))
    else:
        Printer(wants_color(options.color)).show(change_set.stack, plans)
        if not change_set.is_own:
            print(f"Change set: {change_set.name}")
    return exit_status(plans)


def main(arguments: list[str] | None = None) -> int:
    options = parsed_arguments(arguments)
    try:
        return run(options)
    except (Failure, ClientError, BotoCoreError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return ERROR


if __name__ == "__main__":
    sys.exit(main())
