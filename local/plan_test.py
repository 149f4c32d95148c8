"""Checks tools/plan.py with a CloudFormation and a Lambda that return prepared responses."""

import io
import json
import unittest
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

from botocore.exceptions import ClientError

from tools import plan

STACK_ID = "arn:aws:cloudformation:us-east-1:222222222222:stack/audit/uuid"
TRAIL_ARN = "arn:aws:cloudtrail:us-east-1:111111111111:trail/audit"
TRAIL = {"TrailName": "audit", "S3BucketName": "logs", "ServiceToken": "arn:function"}
IN_SYNC = {"InSync": True, "Steps": [], "Refused": "", "Problems": []}
STOP = {
    "Operation": "StopLogging",
    "Resource": TRAIL_ARN,
    "Changes": [{"Name": "IsLogging", "Old": "true", "New": "false"}],
}


def change(action: str, type_: str, properties: dict, **more: object) -> dict:
    after = {"AfterContext": json.dumps({"Properties": properties})} if properties else {}
    resource = {"Action": action, "LogicalResourceId": "It", "ResourceType": type_}
    return {"Type": "Resource", "ResourceChange": resource | after | more}


def update(properties: dict, old: dict | None = None, **more: object) -> dict:
    before = json.dumps({"Properties": old or TRAIL})
    return change(
        "Modify",
        plan.TRAIL,
        properties,
        PhysicalResourceId=TRAIL_ARN,
        BeforeContext=before,
        **more,
    )


def response(*steps: dict, refused: str = "", problems: tuple[str, ...] = ()) -> dict:
    return {"InSync": False, "Steps": steps, "Refused": refused, "Problems": problems}


class CloudFormation:
    """One stack, or none, and a change set."""

    def __init__(self, changes: list[dict], status: str | None = "UPDATE_COMPLETE"):
        self.changes = changes
        self.status = status
        self.change_set = {"Status": "CREATE_COMPLETE"}
        self.deleted: list[str] = []
        self.created: dict = {}

    def describe_stacks(self, StackName: str) -> dict:
        if StackName == "orgtrail":
            output = {"OutputKey": "PlanFunctionArn", "OutputValue": "arn:plan"}
            return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": [output]}]}
        if self.status is None:
            error = {"Code": "ValidationError", "Message": f"Stack {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        parameters = [{"ParameterKey": name} for name in ("Kept", "Given", "Removed")]
        return {"Stacks": [{"StackStatus": self.status, "Parameters": parameters}]}

    def get_template_summary(self, **_: str) -> dict:
        return {"Parameters": [{"ParameterKey": name} for name in ("Kept", "Given")]}

    def create_change_set(self, **request: object) -> dict:
        self.created = request
        self.status = self.status or "REVIEW_IN_PROGRESS"
        return {"StackId": STACK_ID}

    def describe_change_set(self, NextToken: str = "", **request: object) -> dict:
        assert request["IncludePropertyValues"] is True
        # One change on each page.
        index = int(NextToken or 0)
        more = {"NextToken": str(index + 1)} if index + 1 < len(self.changes) else {}
        changes = self.changes[index : index + 1]
        return {"StackId": STACK_ID, "Changes": changes} | more | self.change_set

    def delete_change_set(self, **_: str) -> None:
        self.deleted.append("change set")

    def delete_stack(self, **_: str) -> None:
        self.deleted.append("stack")


class Lambda:
    """A plan function with prepared responses."""

    def __init__(self, responses: list[dict], error: bool = False):
        self.responses = responses
        self.error = {"FunctionError": "Unhandled"} if error else {}
        self.requests: list[dict] = []

    def invoke(self, FunctionName: str, Payload: str) -> dict:
        assert FunctionName == "arn:plan"
        self.requests.append(json.loads(Payload))
        payload = io.StringIO(json.dumps(self.responses.pop(0)))
        return {"Payload": payload} | self.error


class Plans(unittest.TestCase):
    def run_plan(
        self, cloudformation: CloudFormation, lambda_: Lambda, *arguments: str
    ) -> tuple[int, str]:
        clients = {"cloudformation": cloudformation, "lambda": lambda_}
        session = mock.Mock()
        session.client.side_effect = lambda service, **_: clients[service]
        output = io.StringIO()
        with (
            mock.patch.object(plan.boto3, "Session", return_value=session),
            redirect_stdout(output),
            redirect_stderr(output),
        ):
            status = plan.main(["--stack-name", "audit", *arguments])
        return status, output.getvalue()

    def plan_of(self, changes: list[dict], *responses: dict) -> tuple[int, str, list[dict]]:
        lambda_ = Lambda(list(responses))
        status, output = self.run_plan(CloudFormation(changes), lambda_)
        return status, output, lambda_.requests

    def test_shows_old_and_new_values(self):
        status, output, (request,) = self.plan_of(
            [update(TRAIL | {"IsLogging": "false"})], response(STOP)
        )
        self.assertEqual(status, plan.CHANGES)
        self.assertIn("~ IsLogging: true -> false", output)
        self.assertIn("1 to change.", output)
        self.assertEqual(request["PhysicalResourceId"], TRAIL_ARN)
        self.assertEqual(request["OldResourceProperties"], TRAIL)
        self.assertNotIn("ResponseURL", request)
        self.assertNotIn("ServiceToken", request["ResourceProperties"])

    def test_exit_status_tells_changes_from_refusals(self):
        cases = [
            ([], (), plan.NO_CHANGES),
            ([change("Add", "AWS::S3::Bucket", {"BucketName": "x"})], (), plan.NO_CHANGES),
            ([update(TRAIL)], (IN_SYNC,), plan.NO_CHANGES),
            ([update(TRAIL)], (response(STOP),), plan.CHANGES),
            ([update(TRAIL)], (response(refused="taken"),), plan.ERROR),
            ([update(TRAIL)], (response(problems=("TrailName is missing",)),), plan.ERROR),
            ([change("Remove", plan.TRAIL, {}, PolicyAction="Delete")], (), plan.CHANGES),
            ([change("Remove", plan.TRAIL, {}, PolicyAction="Retain")], (), plan.NO_CHANGES),
        ]
        for changes, responses, expected in cases:
            with self.subTest(changes=changes, responses=responses):
                status, _, _ = self.plan_of(changes, *responses)
                self.assertEqual(status, expected)

    def test_shows_a_replacement_and_the_old_id(self):
        create = {"Operation": "CreateTrail", "Resource": f"{TRAIL_ARN}-2", "Replaces": TRAIL_ARN}
        for policy, expected in [("ReplaceAndRetain", "stays in AWS"), (None, "Delete deletes")]:
            more = {"PolicyAction": policy} if policy else {}
            status, output, _ = self.plan_of([update(TRAIL, **more)], response(create))
            self.assertEqual(status, plan.CHANGES)
            self.assertIn(f"replaces {TRAIL_ARN}", output)
            self.assertIn(expected, output)
            self.assertIn("1 to replace.", output)

    def test_shows_values_that_are_known_later(self):
        settings = {
            "Operation": "UpdateTrail",
            "Resource": TRAIL_ARN,
            "Changes": [{"Name": "S3BucketName", "Old": "logs", "New": plan.PLACEHOLDER}],
        }
        status, output, (request,) = self.plan_of(
            [update(TRAIL | {"S3BucketName": plan.UNKNOWN})], response(settings)
        )
        self.assertEqual(status, plan.CHANGES)
        self.assertEqual(request["ResourceProperties"]["S3BucketName"], plan.PLACEHOLDER)
        self.assertIn("S3BucketName: logs -> (known after apply)", output)
        self.assertIn("S3BucketName: known only after the deployment", output)

    def test_makes_no_plan_without_the_identity(self):
        gate = change("Add", plan.DELIVERY, {"TrailArn": plan.UNKNOWN})
        status, output, requests = self.plan_of([gate])
        self.assertEqual((status, requests), (plan.CHANGES, []))
        self.assertIn("TrailArn: known only after the deployment", output)

    def test_a_gate_waits_for_the_trail_before_it(self):
        old = {"TrailArn": TRAIL_ARN}
        gate = change(
            "Modify",
            plan.DELIVERY,
            {"TrailArn": plan.UNKNOWN},
            PhysicalResourceId=f"delivery/{TRAIL_ARN}",
            BeforeContext=json.dumps({"Properties": old}),
        )
        refused = response(refused="the trail does not log")
        # The trail keeps its ARN, and the deployment corrects it before the gate looks.
        status, output, requests = self.plan_of([gate, update(TRAIL)], response(STOP), refused)
        self.assertEqual(status, plan.CHANGES)
        self.assertEqual(requests[1]["ResourceProperties"], old)
        self.assertIn("at the moment: the trail does not log", output)
        status, _, _ = self.plan_of([gate, update(TRAIL)], IN_SYNC, refused)
        self.assertEqual(status, plan.ERROR)

    def test_deletes_only_what_it_created(self):
        cases = [
            ("UPDATE_COMPLETE", [], "UPDATE", ["change set"]),
            (None, ["--template-file", __file__], "CREATE", ["change set", "stack"]),
            ("REVIEW_IN_PROGRESS", ["--template-file", __file__], "CREATE", ["change set"]),
            ("UPDATE_COMPLETE", ["--keep"], "UPDATE", []),
            ("UPDATE_COMPLETE", ["--change-set", "given"], None, []),
        ]
        for status, arguments, type_, deleted in cases:
            with self.subTest(status=status, arguments=arguments):
                cloudformation = CloudFormation([update(TRAIL)], status)
                self.run_plan(cloudformation, Lambda([IN_SYNC]), *arguments)
                self.assertEqual(cloudformation.created.get("ChangeSetType"), type_)
                self.assertEqual(cloudformation.deleted, deleted)

    def test_other_parameters_keep_their_values(self):
        cloudformation = CloudFormation([])
        self.run_plan(cloudformation, Lambda([]), "--parameter-overrides", "Given=a=b")
        self.assertEqual(
            cloudformation.created["Parameters"],
            [
                {"ParameterKey": "Given", "ParameterValue": "a=b"},
                {"ParameterKey": "Kept", "UsePreviousValue": True},
            ],
        )

    def test_a_change_set_without_changes_is_no_error(self):
        cloudformation = CloudFormation([])
        reason = "The submitted information did not contain changes."
        cloudformation.change_set = {"Status": "FAILED", "StatusReason": reason}
        status, output = self.run_plan(cloudformation, Lambda([]))
        self.assertEqual(status, plan.NO_CHANGES, output)
        cloudformation.change_set = {"Status": "FAILED", "StatusReason": "no such parameter"}
        status, output = self.run_plan(cloudformation, Lambda([]))
        self.assertEqual(status, plan.ERROR)
        self.assertIn("no such parameter", output)
        self.assertEqual(cloudformation.deleted, ["change set", "change set"])

    def test_a_failed_plan_is_an_error(self):
        failure = {"errorType": "NoPlan", "errorMessage": "no plan was made: AccessDenied"}
        cloudformation = CloudFormation([update(TRAIL)])
        status, output = self.run_plan(cloudformation, Lambda([failure], error=True))
        self.assertEqual(status, plan.ERROR)
        self.assertIn("AccessDenied", output)
        self.assertEqual(cloudformation.deleted, ["change set"])

    def test_names_from_aws_do_not_control_the_terminal(self):
        tag = {"Name": "Tags.x", "Old": "", "New": "\x1b[2Jred\u202e"}
        step = {"Operation": "AddTags", "Resource": TRAIL_ARN, "Changes": [tag]}
        _, output, _ = self.plan_of([update(TRAIL)], response(step))
        self.assertIn(r"+ Tags.x: \x1b[2Jred\u202e", output)
        self.assertNotIn("\x1b", output)

    def test_prints_json_for_programs(self):
        lambda_ = Lambda([response(STOP)])
        status, output = self.run_plan(CloudFormation([update(TRAIL)]), lambda_, "--json")
        (resource,) = json.loads(output)["Resources"]
        self.assertEqual(status, plan.CHANGES)
        self.assertEqual((resource["Outcome"], resource["Steps"]), (plan.CHANGE, [STOP]))

    def test_colors_are_for_terminals(self):
        for choice, colored in [("auto", False), ("never", False), ("always", True)]:
            cloudformation = CloudFormation([update(TRAIL)])
            _, output = self.run_plan(cloudformation, Lambda([IN_SYNC]), "--color", choice)
            self.assertEqual("\x1b[" in output, colored, choice)


if __name__ == "__main__":
    unittest.main()
