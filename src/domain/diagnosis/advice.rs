//! The cause and the remedy for each error code.

use super::Context;
use super::constraint::invalid_input;
use crate::domain::error_codes::ErrorCode;
use crate::domain::fault::{Cause, Fault, RetryClass};
use crate::domain::operation::Operation;
use crate::domain::regions::Partition;
use crate::domain::trusted_access::CLOUDTRAIL;

/// A cause and its remedy.
pub(super) struct Advice {
    /// A clause without a full stop.
    pub(super) cause: String,
    /// Sentences, the last one without a full stop.
    pub(super) remedy: String,
}

#[expect(clippy::unnecessary_wraps, reason = "it ends arms of matches with arms that return None")]
pub(super) fn advice(cause: impl Into<String>, remedy: impl Into<String>) -> Option<Advice> {
    Some(Advice { cause: cause.into(), remedy: remedy.into() })
}

impl Context<'_> {
    /// Exhaustive, so that a new error code does not compile without a decision about its advice.
    #[expect(
        clippy::too_many_lines,
        clippy::match_same_arms,
        reason = "it has an arm for each error code, and several reasons for no advice"
    )]
    pub(super) fn advise(&self, fault: &Fault) -> Option<Advice> {
        let (management_account, bucket) = (self.management_account(), self.bucket());
        let (key, topic, role) = (self.key(), self.topic(), self.log_role());
        let again = self.again();
        let code = match &fault.cause {
            Cause::Service { code, .. } => *code,
            Cause::TimedOut | Cause::Unreachable(_) => return self.no_connection(fault),
            Cause::Unreadable => {
                return advice(
                    "the response is not that of AWS",
                    format!(
                        "Check the proxy and the custom endpoints in the function's environment. {again}"
                    ),
                );
            }
            // The cause contains the remedy.
            Cause::NotSent(_) | Cause::RoleNotAssumed { .. } => return None,
        };
        match code {
            // The caller.
            ErrorCode::AccessDenied => self.access_denied(fault),
            ErrorCode::InsufficientDependencyServiceAccessPermission
            | ErrorCode::InsufficientIAMAccessPermission => self.dependency_denied(),
            ErrorCode::NotOrganizationManagementAccount => advice(
                format!(
                    "only the organization's management account{management_account} can make this \
                     call; a delegated administrator cannot"
                ),
                IN_THE_MANAGEMENT_ACCOUNT,
            ),
            ErrorCode::NotOrganizationMasterAccount => advice(
                format!(
                    "the function runs neither as the organization's management \
                     account{management_account} nor as CloudTrail's delegated administrator"
                ),
                format!(
                    "{IN_THE_MANAGEMENT_ACCOUNT}. A delegated administrator cannot convert trails \
                     to organization trails or back"
                ),
            ),
            ErrorCode::OperationNotPermitted => advice(
                "CloudTrail does not permit this call for this trail from the account that the \
                 function runs as",
                IN_THE_MANAGEMENT_ACCOUNT,
            ),
            ErrorCode::ExpiredToken => advice("the function's credentials expired", again),
            ErrorCode::InvalidClientTokenId
            | ErrorCode::UnrecognizedClient
            | ErrorCode::RegionDisabled => match &fault.region {
                Some(region) => advice(
                    format!(
                        "the account that the function runs as has probably not enabled the Region \
                         {region}"
                    ),
                    format!(
                        "Enable {region} in that account, or set HomeRegion to a Region that is \
                         enabled. If it is enabled, the function's credentials are not valid"
                    ),
                ),
                None => advice(
                    "AWS does not accept the function's credentials",
                    format!("Check the credentials in the function's environment. {again}"),
                ),
            },

            // The organization.
            ErrorCode::CloudTrailAccessNotEnabled => advice(
                "trusted access with CloudTrail is not enabled",
                self.require(format!(
                    "Add a Custom::OrgTrustedAccess to the template, with DependsOn in this \
                     resource, or run: aws organizations enable-aws-service-access \
                     --service-principal {CLOUDTRAIL}"
                )),
            ),
            ErrorCode::OrganizationsNotInUse | ErrorCode::AWSOrganizationsNotInUse => advice(
                "the account that the function runs as does not belong to an organization",
                self.require(
                    "Create the organization, or run the function as an account in an organization",
                ),
            ),
            ErrorCode::OrganizationNotInAllFeaturesMode => {
                advice(BILLING_ONLY, self.require(ALL_FEATURES))
            }
            ErrorCode::NoManagementAccountSLRExists => advice(
                "the management account does not have the service-linked role \
                 AWSServiceRoleForCloudTrail",
                self.require(format!(
                    "In that account, run once: aws iam create-service-linked-role \
                     --aws-service-name {CLOUDTRAIL}"
                )),
            ),
            ErrorCode::ConstraintViolation => self.constraint_violation(fault),
            ErrorCode::InvalidInput => invalid_input(fault),
            ErrorCode::ConcurrentModification => {
                advice("another change of the organization was in progress", again)
            }
            ErrorCode::UnsupportedAPIEndpoint => advice(
                "the endpoint of Organizations does not offer this operation",
                "Remove or correct the custom endpoint in the function's environment",
            ),

            // Delegated administrators.
            ErrorCode::DelegatedAdminAccountLimitExceeded => advice(
                "the organization already has three delegated administrators for CloudTrail, and \
                 AWS allows no more",
                "Deregister one first. To list them, run: aws organizations \
                 list-delegated-administrators",
            ),
            ErrorCode::CannotDelegateManagementAccount => advice(NOT_ITSELF, ANOTHER_ACCOUNT),
            ErrorCode::AccountNotFound => advice(
                "the organization has no such account",
                "Correct AccountId. The account must be an active member of the organization",
            ),

            // The trail.
            ErrorCode::TrailAlreadyExists => advice(
                "a trail with this name exists, but this call does not show it",
                format!(
                    "It is one of these: a trail of the management account{management_account} \
                     that is not an organization trail, which a delegated administrator can \
                     neither see nor convert; a multi-Region trail with another home Region; a \
                     recently deleted trail. Choose another TrailName, or delete the \
                     other trail. To convert it to an organization trail, deploy the function in \
                     the management account, or set MANAGEMENT_ROLE_ARN to a role in that account"
                ),
            ),
            ErrorCode::MaximumNumberOfTrailsExceeded => advice(
                format!(
                    "there are already five trails in {}, and AWS allows no more",
                    self.trail.map_or("this Region".to_owned(), |trail| trail.region().to_string()),
                ),
                "Multi-Region trails with another home Region count, and so does the trail of AWS \
                 Control Tower. Delete a trail that is not needed, or adopt one with its TrailName \
                 and ExistingTrail: Adopt. To list the trails, run: aws cloudtrail describe-trails",
            ),
            ErrorCode::InvalidTrailName => {
                advice("CloudTrail does not accept this trail name", "Correct TrailName")
            }
            ErrorCode::InvalidHomeRegion => advice(
                "a trail can be changed only in its home Region",
                "Set HomeRegion to the home Region of the trail",
            ),
            ErrorCode::InvalidEventSelectors => advice(
                "CloudTrail does not accept these event selectors",
                "Correct EventSelectors or AdvancedEventSelectors",
            ),
            ErrorCode::InvalidInsightSelectors => advice(
                "CloudTrail does not accept these insight selectors",
                "Correct InsightSelectors. ApiCallRateInsight requires a trail that logs write \
                 management events, ApiErrorRateInsight one that logs read or write management \
                 events, and the event category Data one that logs data events",
            ),
            ErrorCode::InvalidParameter | ErrorCode::InvalidParameterCombination => advice(
                "CloudTrail does not accept a property or a combination of properties",
                "Correct the property that AWS's message names",
            ),
            ErrorCode::InvalidTagParameter => advice(
                "CloudTrail does not accept these tags",
                "Correct Tags. A tag has a character that AWS does not allow, or the trail would \
                 have more than 50 tags",
            ),
            ErrorCode::TagsLimitExceeded => advice(
                "the trail would have more than the 50 tags that AWS allows",
                "Remove tags. OrgTrail needs up to four of the 50",
            ),
            ErrorCode::Conflict => advice(
                "another operation is changing the trail, or the trail was created moments ago",
                again,
            ),
            ErrorCode::UnsupportedOperation | ErrorCode::UnknownOperation => advice(
                match &fault.region {
                    Some(region) => format!("AWS does not offer this operation in {region}"),
                    None => "AWS does not offer this operation in this partition".to_owned(),
                },
                format!(
                    "Remove {}, or choose another HomeRegion",
                    fault.operation.properties().unwrap_or("the property that AWS's message names")
                ),
            ),
            ErrorCode::AccountNotRegistered
            | ErrorCode::CloudTrailARNInvalid
            | ErrorCode::EventDataStoreNotFound
            | ErrorCode::ResourceNotFound
            | ErrorCode::TrailNotFound => advice(
                "it does not exist, or AWS does not show it to the account that the function runs \
                 as",
                format!(
                    "If another administrator or tool deletes it at the same time, wait for that \
                     change. {again}"
                ),
            ),

            // The bucket.
            ErrorCode::NoSuchBucket => advice(
                format!("the bucket {bucket} does not exist"),
                "Create it again with its policy, or set S3BucketName to another bucket",
            ),
            ErrorCode::S3BucketDoesNotExist => advice(
                format!("the bucket {bucket} does not exist"),
                "Correct S3BucketName, or create the bucket first. If it is in this stack, add \
                 DependsOn",
            ),
            ErrorCode::InvalidS3BucketName => {
                advice(format!("{bucket} is not a valid bucket name"), "Correct S3BucketName")
            }
            ErrorCode::InvalidS3Prefix => {
                advice("CloudTrail does not accept this key prefix", "Correct S3KeyPrefix")
            }
            ErrorCode::InsufficientS3BucketPolicy => advice(
                format!(
                    "the bucket policy of {bucket} does not allow CloudTrail to write its log files"
                ),
                self.bucket_policy()?,
            ),

            // The key.
            ErrorCode::InsufficientEncryptionPolicy => advice(
                format!("the key policy of {key} does not allow CloudTrail to encrypt this trail"),
                self.key_policy()?,
            ),
            ErrorCode::KmsKeyNotFound => advice(
                format!("the KMS key {key} does not exist in the Region of the bucket {bucket}"),
                "Set KMSKeyId to the ARN of a key in the Region of the bucket. If the trail has an \
                 SNS topic, the key of the topic may also be the cause",
            ),
            ErrorCode::InvalidKmsKeyId => advice(
                format!("{key} is not a key ID, key ARN, alias or alias ARN"),
                "Correct KMSKeyId",
            ),
            ErrorCode::Kms
            | ErrorCode::KmsKeyDisabled
            | ErrorCode::KmsDisabled
            | ErrorCode::KmsInvalidState
            | ErrorCode::KmsNotFound => advice(
                format!("KMS cannot use the key {key}"),
                "Check the state of the key. It must be enabled and not pending deletion",
            ),

            // The topic and the log group.
            ErrorCode::InsufficientSnsTopicPolicy => advice(
                format!(
                    "the topic {topic} does not exist, or its policy does not allow CloudTrail to publish"
                ),
                self.topic_policy()?,
            ),
            ErrorCode::InvalidSnsTopicName => advice(
                format!("{topic} is not the name or the ARN of a topic"),
                "Correct SnsTopicName",
            ),
            ErrorCode::CloudTrailInvalidClientTokenId => advice(
                format!("the account of the topic {topic} is suspended"),
                "Set SnsTopicName to a topic of an active account",
            ),
            ErrorCode::InvalidCloudWatchLogsLogGroupArn => advice(
                format!("CloudTrail cannot write to the log group {}", self.log_group()),
                format!(
                    "The log group must exist in the account that creates the trail, and the role \
                     {role} must allow {}",
                    self.log_stream_actions()
                ),
            ),
            ErrorCode::InvalidCloudWatchLogsRoleArn => advice(
                format!("CloudTrail cannot assume the role {role}"),
                format!(
                    "The trust policy of the role must allow sts:AssumeRole to the service \
                     {CLOUDTRAIL}, and the role must allow {}",
                    self.log_stream_actions()
                ),
            ),
            ErrorCode::CloudWatchLogsDeliveryUnavailable => advice(
                "CloudTrail does not deliver to CloudWatch Logs in this Region",
                "Remove CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn, or choose another \
                 HomeRegion",
            ),

            // AWS itself.
            ErrorCode::RequestLimitExceeded
            | ErrorCode::RequestThrottled
            | ErrorCode::SlowDown
            | ErrorCode::Throttled
            | ErrorCode::Throttling
            | ErrorCode::TooManyRequests => {
                advice(THROTTLED, format!("{again}. {ONE_AFTER_THE_OTHER}"))
            }
            ErrorCode::InternalFailure
            | ErrorCode::InternalServerError
            | ErrorCode::Service
            | ErrorCode::ServiceUnavailable => self.internal_error(fault.operation),

            // The function treats these as success, or creates what is missing.
            ErrorCode::AccountAlreadyRegistered
            | ErrorCode::AccountRegistered
            | ErrorCode::InsightNotEnabled => None,

            // The table of error codes says why these are impossible.
            ErrorCode::ChannelARNInvalid
            | ErrorCode::ChannelNotFound
            | ErrorCode::EventDataStoreARNInvalid
            | ErrorCode::InactiveEventDataStore
            | ErrorCode::InvalidEventDataStoreCategory
            | ErrorCode::InvalidEventDataStoreStatus
            | ErrorCode::InvalidMaxResults
            | ErrorCode::InvalidNextToken
            | ErrorCode::InvalidToken
            | ErrorCode::MalformedPolicyDocument
            | ErrorCode::PackedPolicyTooLarge
            | ErrorCode::ResourceTypeNotSupported
            | ErrorCode::TrailNotProvided => None,

            // Only AWS's message and the HTTP status are known.
            ErrorCode::Other => match fault.retry_class() {
                RetryClass::SlowDown => {
                    advice(THROTTLED, format!("{again}. {ONE_AFTER_THE_OTHER}"))
                }
                RetryClass::TryAgain => self.internal_error(fault.operation),
                RetryClass::LetFinish
                | RetryClass::LetSettle
                | RetryClass::LetRoleSettle
                | RetryClass::None => None,
            },
        }
    }

    fn internal_error(&self, operation: Operation) -> Option<Advice> {
        let remedy = match (operation, self.bucket_policy()) {
            // Reported for a bucket policy that CloudTrail could not evaluate: AWS CLI, issue 5678.
            (Operation::CreateTrail | Operation::UpdateTrail, Some(policy)) => format!(
                "{}. If the error remains, the usual cause is the bucket policy. {policy}",
                self.again()
            ),
            _ => format!("{}. If the error remains, check the AWS Health Dashboard", self.again()),
        };
        advice("AWS had an internal error", remedy)
    }

    /// The function has no route to AWS, or the endpoint does not exist.
    fn no_connection(&self, fault: &Fault) -> Option<Advice> {
        let service = fault.operation.service().name();
        let known = fault.region.as_ref().is_none_or(Partition::knows);
        let region = match &fault.region {
            Some(region) if !known => format!(
                "Check that the Region {region} exists. It is not known to OrgTrail. Correct \
                 HomeRegion if it is wrong. "
            ),
            Some(_) | None => String::new(),
        };
        advice(
            format!("the function received no response from {service}{}", self.place(fault)),
            format!(
                "{region}If the function runs in a VPC, its subnets need a route to the endpoints of \
                 AWS, for example a NAT gateway or VPC endpoints, and its security groups must \
                 allow HTTPS. Otherwise: {}",
                self.again().to_lowercase()
            ),
        )
    }
}

const IN_THE_MANAGEMENT_ACCOUNT: &str = "Deploy the function in the management account, or set MANAGEMENT_ROLE_ARN to a role in that \
     account";

const THROTTLED: &str = "AWS throttled the calls until the function ran out of time";

const ONE_AFTER_THE_OTHER: &str = "Deploy stacks that change trails one after the other";

pub(super) const NOT_ITSELF: &str = "the management account cannot be a delegated administrator";

pub(super) const ANOTHER_ACCOUNT: &str = "Set AccountId to another account";

pub(super) const BILLING_ONLY: &str = "the organization has consolidated billing features only";

pub(super) const ALL_FEATURES: &str = "Enable all features in the Organizations console (Settings). Every member \
                            account must accept this";
