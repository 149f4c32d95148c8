"""The service control policy of examples/service-control-policy.yaml.

Organizations stores the policy here. `tests/policies` evaluates it.
"""

import json

from local import show
from local.local_aws import LocalAws
from local.stack import Stack
from local.world import LOG_ARCHIVE_ACCOUNT, MANAGEMENT_ACCOUNT

DEPLOY_ROLE = f"arn:aws:iam::{LOG_ARCHIVE_ACCOUNT}:role/inception-deploy"


def deploy_and_delete(aws: LocalAws, archive: Stack) -> None:
    show.heading(f"Service control policy in account {MANAGEMENT_ACCOUNT}")
    organizations = aws.client("organizations", MANAGEMENT_ACCOUNT)
    root = organizations.list_roots()["Roots"][0]["Id"]
    kind = "SERVICE_CONTROL_POLICY"
    outputs = archive.outputs()
    stack = aws.stack("seal", MANAGEMENT_ACCOUNT)
    parameters = {
        "TargetIds": root,
        "TrustedRoleArns": DEPLOY_ROLE,
        "LogBucketName": outputs["BucketName"],
        "KmsKeyArn": outputs["KmsKeyArn"],
    }
    stack.create(aws.example("service-control-policy"), parameters)
    policy = organizations.describe_policy(PolicyId=stack.outputs()["PolicyId"])["Policy"]
    statements = json.loads(policy["Content"])["Statement"]
    show.table({statement["Sid"]: len(statement["Action"]) for statement in statements})
    attached = organizations.list_policies_for_target(TargetId=root, Filter=kind)["Policies"]
    show.check(
        policy["PolicySummary"]["Id"] in [summary["Id"] for summary in attached],
        "the policy is attached to the root of the organization",
    )
    sealed = [statement for statement in statements if "Condition" in statement]
    show.check(
        all(exempted(statement) == [DEPLOY_ROLE] for statement in sealed) and len(sealed) == 5,
        "only the deploy role of the pipeline is exempt",
    )
    stack.delete()


def exempted(statement: dict) -> list[str]:
    return statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
