"""The tamper alarm of examples/tamper-alarm.yaml: its event patterns and its notifications."""

import json

from local import show
from local.local_aws import LocalAws, trail_arn
from local.stack import Stack
from local.story.archives import account_of
from local.world import LOG_ARCHIVE_ACCOUNT, MANAGEMENT_ACCOUNT, REGION

TRAIL = trail_arn("audit")
CLOUDTRAIL, CONFIG = "cloudtrail.amazonaws.com", "config.amazonaws.com"
ATTACKER = f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:user/mallory"
# EventBridge accepts events with a source of AWS only from AWS, so the test uses another source.
LOCAL_SOURCE = "orgtrail.local"


class TamperAlarm:
    """The alarm in the account of a log archive, as if the function were in the same account."""

    def __init__(self, aws: LocalAws, archive: Stack, function: Stack):
        self.aws = aws
        self.account = account_of(archive)
        self.events = aws.client("events", self.account)
        outputs = archive.outputs()
        self.bucket, self.key = outputs["BucketName"], outputs["KmsKeyArn"]
        self.function_arn = function.outputs()["ServiceToken"]
        _, _, self.function = self.function_arn.rpartition(":")
        self.role_arn = function.outputs()["FunctionRoleArn"]
        _, _, self.role = self.role_arn.rpartition("/")
        self.stack = aws.stack("tamper-alarm", self.account)

    def deploy(self) -> None:
        show.heading(f"Tamper alarm in account {self.account}")
        parameters = {
            "LogBucketName": self.bucket,
            "KmsKeyArn": self.key,
            "FunctionName": self.function,
            "RoleName": self.role,
        }
        self.stack.create(self.aws.example("tamper-alarm"), parameters)
        show.table(self.stack.outputs())

    def match(self) -> None:
        """Checks the event patterns with calls that match and with similar calls that do not."""
        show.heading("Calls that cause a notification")
        rule = "TrailTampering"
        self.check_match(rule, call("cloudtrail", "StopLogging", name=TRAIL))
        self.check_match(rule, call("cloudtrail", "PutEventSelectors", trailName="audit"))
        self.check_no_match(rule, call("cloudtrail", "StartLogging", name=TRAIL))
        self.check_match(rule, call("cloudtrail", "RemoveTags", tagsList=tags("OrgTrail/Stack")))
        self.check_no_match(rule, call("cloudtrail", "RemoveTags", tagsList=tags("Purpose")))
        disabled = call("organizations", "DisableAWSServiceAccess", servicePrincipal=CLOUDTRAIL)
        self.check_match(rule, disabled)
        disabled = call("organizations", "DisableAWSServiceAccess", servicePrincipal=CONFIG)
        self.check_no_match(rule, disabled)
        rule = "LogArchiveTampering"
        self.check_match(rule, call("s3", "PutBucketPolicy", bucketName=self.bucket))
        self.check_no_match(rule, call("s3", "PutBucketPolicy", bucketName="another"))
        self.check_match(rule, of_key(self.key, call("kms", "DisableKey", keyId="alias/logs")))
        self.check_no_match(
            rule, of_key(f"{self.key}0", call("kms", "DisableKey", keyId="another"))
        )
        self.match_function()
        self.match_role()

    def match_function(self) -> None:
        rule, update = "FunctionTampering", "UpdateFunctionCode20150331v2"
        for name in (self.function, self.function_arn, f"{self.function_arn}:1"):
            self.check_match(rule, call("lambda", update, functionName=name))
        self.check_match(rule, call("lambda", "DeleteFunction20150331", functionName=self.function))
        self.check_no_match(rule, call("lambda", update, functionName="another"))
        self.check_no_match(rule, call("lambda", "GetFunction", functionName=self.function))

    def match_role(self) -> None:
        rule, trust = "RoleTampering", "UpdateAssumeRolePolicy"
        self.check_match(rule, call("iam", trust, roleName=self.role))
        self.check_match(rule, call("iam", "PutRolePolicy", roleName=self.role))
        self.check_no_match(rule, call("iam", trust, roleName="another"))
        self.check_no_match(rule, call("iam", "GetRole", roleName=self.role))
        create = "CreateFunction20150331"
        self.check_match(rule, call("lambda", create, functionName="other", role=self.role_arn))
        self.check_no_match(
            rule, call("lambda", create, functionName="other", role=f"{self.role_arn}-2")
        )

    def check_match(self, rule: str, event: dict) -> None:
        show.check(self.matches(rule, event), f"{rule} matches {described(event)}")

    def check_no_match(self, rule: str, event: dict) -> None:
        show.check(not self.matches(rule, event), f"{rule} does not match {described(event)}")

    def matches(self, rule: str, event: dict) -> bool:
        answer = self.events.test_event_pattern(
            EventPattern=self.pattern(rule), Event=json.dumps(event)
        )
        return answer["Result"]

    def pattern(self, rule: str) -> str:
        return self.events.describe_rule(Name=self.stack.physical_id(rule))["EventPattern"]

    def notify(self) -> None:
        show.heading("Notification")
        sns, sqs = (self.aws.client(service, self.account) for service in ("sns", "sqs"))
        queue = sqs.create_queue(QueueName="people")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        sns.subscribe(
            TopicArn=self.stack.outputs()["TopicArn"],
            Protocol="sqs",
            Endpoint=attributes["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
        pattern = json.loads(self.pattern("TrailTampering")) | {"source": [LOCAL_SOURCE]}
        rule = self.stack.physical_id("TrailTampering")
        self.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        event = call("cloudtrail", "StopLogging", name=TRAIL)
        self.events.put_events(
            Entries=[
                {
                    "Source": LOCAL_SOURCE,
                    "DetailType": event["detail-type"],
                    "Detail": json.dumps(event["detail"]),
                }
            ]
        )
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)
        messages = [message["Body"] for message in answer.get("Messages", [])]
        for line in "\n".join(messages).splitlines():
            show.note(line)
        said = f"{ATTACKER} called StopLogging (cloudtrail.amazonaws.com) on: {TRAIL}"
        show.check(
            len(messages) == 1 and said in messages[0],
            "one message contains the caller, the call and the trail",
        )
        sqs.delete_queue(QueueUrl=queue)

    def delete(self) -> None:
        show.heading("Deletion of the alarm")
        self.stack.delete()


def call(service: str, name: str, /, **parameters: object) -> dict:
    """An API call as CloudTrail reports it to EventBridge."""
    return {
        "version": "0",
        "id": "12345678-1234-1234-1234-123456789012",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{service}",
        "account": MANAGEMENT_ACCOUNT,
        "time": "2026-01-01T00:00:00Z",
        "region": REGION,
        "resources": [],
        "detail": {
            "eventTime": "2026-01-01T00:00:00Z",
            "eventID": "87654321-4321-4321-4321-210987654321",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "sourceIPAddress": "192.0.2.1",
            "userIdentity": {"type": "IAMUser", "arn": ATTACKER},
            "requestParameters": parameters,
        },
    }


def of_key(arn: str, event: dict) -> dict:
    resources = [{"accountId": LOG_ARCHIVE_ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]
    return event | {"detail": event["detail"] | {"resources": resources}}


def tags(key: str) -> list[dict]:
    return [{"key": key, "value": "another"}]


def described(event: dict) -> str:
    parameters = json.dumps(event["detail"]["requestParameters"])
    return f"{event['detail']['eventName']} {parameters}"
