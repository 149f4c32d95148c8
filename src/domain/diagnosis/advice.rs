//! The advice for each error code: the cause, and what to do.

use super::Context;
use crate::domain::error_codes::{ErrorCode, SERVICE_ACCESS_NOT_ENABLED};
use crate::domain::fault::Fault;
use crate::domain::trusted_access::CLOUDTRAIL;

/// A cause and its cure.
pub(super) struct Advice {
    /// A clause that says what is wrong.
    pub(super) cause: String,
    /// A sentence that says what to do.
    pub(super) cure: String,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it ends the arms of matches that may have none"
)]
pub(super) fn advice(cause: impl Into<String>, cure: impl Into<String>) -> Option<Advice> {
    Some(Advice {
        cause: cause.into(),
        cure: cure.into(),
    })
}

impl Context<'_> {
    /// Exhaustive, so that a new error code compiles only with advice or the decision against it.
    #[expect(
        clippy::too_many_lines,
        clippy::match_same_arms,
        reason = "it has an arm for each error code, and several reasons to have no advice"
    )]
    pub(super) fn advise(&self, fault: &Fault) -> Option<Advice> {
        match fault.code()? {
            // The caller.
            ErrorCode::AccessDenied => self.access_denied(fault),
            ErrorCode::InsufficientDependencyServiceAccessPermission
            | ErrorCode::InsufficientIAMAccessPermission => self.dependency_denied(),
            ErrorCode::NotOrganizationManagementAccount => advice(
                format!(
                    "only the organization's management account{} may do this, not even a \
                     delegated administrator",
                    self.management_account(" "),
                ),
                IN_THE_MANAGEMENT_ACCOUNT,
            ),
            ErrorCode::NotOrganizationMasterAccount => advice(
                format!(
                    "the function runs neither as the organization's management account{} nor as \
                     CloudTrail's delegated administrator",
                    self.management_account(" "),
                ),
                format!(
                    "{IN_THE_MANAGEMENT_ACCOUNT}. A delegated administrator cannot turn trails \
                     into organization trails or back"
                ),
            ),
            ErrorCode::OperationNotPermitted => advice(
                "CloudTrail does not permit this operation on this trail from the account that \
                 the function runs as",
                IN_THE_MANAGEMENT_ACCOUNT,
            ),
            ErrorCode::ExpiredToken => {
                advice("the function's credentials have expired", "Deploy again")
            }
            ErrorCode::InvalidClientTokenId
            | ErrorCode::UnrecognizedClient
            | ErrorCode::RegionDisabled => advice(
                "the account that the function runs as has probably not enabled the Region of \
                 this call",
                "Enable the Region in that account, or choose another HomeRegion",
            ),

            // The organization.
            ErrorCode::CloudTrailAccessNotEnabled => advice(
                "trusted access between Organizations and CloudTrail is off",
                "Declare a Custom::OrgTrustedAccess and let this resource depend on it (DependsOn), \
                 or run: aws organizations enable-aws-service-access --service-principal \
                 cloudtrail.amazonaws.com",
            ),
            ErrorCode::OrganizationsNotInUse | ErrorCode::AWSOrganizationsNotInUse => advice(
                "the account that the function runs as does not belong to an organization",
                "Create the organization, or run the function as an account that is in one",
            ),
            ErrorCode::OrganizationNotInAllFeaturesMode => advice(
                "the organization has consolidated billing only",
                ALL_FEATURES,
            ),
            ErrorCode::NoManagementAccountSLRExists => advice(
                "the management account lacks the service-linked role AWSServiceRoleForCloudTrail",
                "Run there once: aws iam create-service-linked-role --aws-service-name \
                 cloudtrail.amazonaws.com",
            ),
            ErrorCode::ConstraintViolation => self.constraint_violation(fault.message()),
            ErrorCode::InvalidInput if self.service_principal.is_some() => advice(
                "Organizations does not know this service principal",
                "Correct ServicePrincipal; the Organizations guide lists those that exist",
            ),
            ErrorCode::InvalidInput => None,
            ErrorCode::ConcurrentModification => advice(
                "another change of the organization was in progress",
                "Deploy again",
            ),
            ErrorCode::UnsupportedAPIEndpoint => advice(
                "the endpoint of Organizations does not offer this operation",
                "Remove a custom endpoint from the function's environment, or correct it",
            ),

            // Delegated administrators.
            ErrorCode::DelegatedAdminAccountLimitExceeded => advice(
                "the organization has three delegated administrators for CloudTrail already, and \
                 AWS allows no more",
                "Deregister one first (aws organizations list-delegated-administrators lists them)",
            ),
            ErrorCode::CannotDelegateManagementAccount => advice(NOT_ITSELF, ANOTHER_ACCOUNT),
            ErrorCode::AccountNotFound => advice(
                "the organization has no such account",
                "Correct AccountId; the account must be an active member of the organization",
            ),

            // The trail.
            ErrorCode::TrailAlreadyExists => advice(
                format!(
                    "there is a trail of that name which is not seen from here: an ordinary trail \
                     of the management account{}, which a delegated administrator neither sees nor \
                     can turn into an organization trail, or a multi-Region trail with another \
                     home Region, or one that was deleted moments ago",
                    self.management_account(" "),
                ),
                format!(
                    "Choose another TrailName, or delete the other trail first. To turn an \
                     ordinary trail into an organization trail: {IN_THE_MANAGEMENT_ACCOUNT}"
                ),
            ),
            ErrorCode::MaximumNumberOfTrailsExceeded => advice(
                format!(
                    "there are five trails in {} already, and AWS allows no more; trails of other \
                     Regions that log all Regions count here too, and so does Control Tower's",
                    self.trail
                        .map_or("this Region".to_owned(), |trail| trail.region().to_string()),
                ),
                "Delete one that is not needed (aws cloudtrail describe-trails lists them), or \
                 take one over with its TrailName and ExistingTrail: Adopt",
            ),
            ErrorCode::InvalidTrailName => advice(
                "CloudTrail does not accept this trail name",
                "Correct TrailName",
            ),
            ErrorCode::InvalidHomeRegion => advice(
                "CloudTrail changes a trail only in its home Region",
                "Set HomeRegion to the home Region of the trail",
            ),
            ErrorCode::InvalidEventSelectors => advice(
                "CloudTrail does not accept these event selectors",
                "Correct EventSelectors or AdvancedEventSelectors",
            ),
            ErrorCode::InvalidInsightSelectors => advice(
                "CloudTrail does not accept these insight selectors",
                "Correct InsightSelectors: ApiCallRateInsight needs a trail that logs write \
                 management events, ApiErrorRateInsight one that logs read or write management \
                 events, and the event category Data one that logs data events",
            ),
            ErrorCode::InvalidParameter | ErrorCode::InvalidParameterCombination => advice(
                "CloudTrail does not accept a property, or not in this combination",
                "Correct the property that AWS's message names",
            ),
            ErrorCode::InvalidTagParameter => advice(
                "CloudTrail does not accept these tags",
                "Correct Tags: a tag has a character that AWS does not allow, or the trail would \
                 have more than 50 tags",
            ),
            ErrorCode::TagsLimitExceeded => advice(
                "the trail would have more than the 50 tags that AWS allows",
                "Remove some; up to four are OrgTrail's own",
            ),
            ErrorCode::Conflict => advice(
                "another operation is changing the trail, or the trail was created moments ago",
                "Deploy again",
            ),
            ErrorCode::UnsupportedOperation | ErrorCode::UnknownOperation => advice(
                "AWS does not offer this operation in the Region of this call",
                "Remove the property that needs it, or choose another HomeRegion",
            ),

            // The bucket.
            ErrorCode::NoSuchBucket => advice(
                format!("the bucket {} does not exist", self.bucket()),
                "Create it again, with its policy, or give the trail another S3BucketName",
            ),
            ErrorCode::S3BucketDoesNotExist => advice(
                format!("the bucket {} does not exist", self.bucket()),
                "Correct S3BucketName, or create the bucket first (DependsOn where it is in this \
                 stack)",
            ),
            ErrorCode::InvalidS3BucketName => advice(
                format!("{} is not a valid bucket name", self.bucket()),
                "Correct S3BucketName",
            ),
            ErrorCode::InvalidS3Prefix => advice(
                "CloudTrail does not accept this key prefix",
                "Correct S3KeyPrefix",
            ),
            ErrorCode::InsufficientS3BucketPolicy => advice(
                format!(
                    "the bucket policy of {} does not let CloudTrail write this trail",
                    self.bucket()
                ),
                self.bucket_policy()?,
            ),

            // The key.
            ErrorCode::InsufficientEncryptionPolicy => advice(
                format!(
                    "the key policy of {} does not let CloudTrail encrypt this trail",
                    self.key()
                ),
                self.key_policy()?,
            ),
            ErrorCode::KmsKeyNotFound => advice(
                format!(
                    "the KMS key {} does not exist, or not in the Region of the bucket {}",
                    self.key(),
                    self.bucket()
                ),
                "Give the ARN of a key in the bucket's Region as KMSKeyId; where the trail has an \
                 SNS topic, its key is meant too",
            ),
            ErrorCode::InvalidKmsKeyId => advice(
                format!(
                    "{} is not a key id, key ARN, alias or alias ARN",
                    self.key()
                ),
                "Correct KMSKeyId",
            ),
            ErrorCode::Kms
            | ErrorCode::KmsKeyDisabled
            | ErrorCode::KmsDisabled
            | ErrorCode::KmsInvalidState
            | ErrorCode::KmsNotFound => advice(
                format!("KMS cannot use the key {}", self.key()),
                "Look at the key's state: it must be enabled and not pending deletion",
            ),

            // The topic and the log group.
            ErrorCode::InsufficientSnsTopicPolicy => advice(
                format!(
                    "the topic {} does not exist or its policy does not let CloudTrail publish",
                    self.topic()
                ),
                self.topic_policy()?,
            ),
            ErrorCode::InvalidSnsTopicName => advice(
                format!("{} is not a topic's name or ARN", self.topic()),
                "Correct SnsTopicName",
            ),
            ErrorCode::CloudTrailInvalidClientTokenId => advice(
                format!("the account of the topic {} is suspended", self.topic()),
                "Give a topic of an active account as SnsTopicName",
            ),
            ErrorCode::InvalidCloudWatchLogsLogGroupArn => advice(
                format!(
                    "CloudTrail cannot write to the log group {}",
                    self.log_group()
                ),
                format!(
                    "The log group must exist in the account that the trail is created from, and \
                     the role {} must allow {}",
                    self.log_role(),
                    self.log_stream_actions()
                ),
            ),
            ErrorCode::InvalidCloudWatchLogsRoleArn => advice(
                format!("CloudTrail cannot assume the role {}", self.log_role()),
                format!(
                    "The role's trust policy must let the service {CLOUDTRAIL} call \
                     sts:AssumeRole, and the role must allow {}",
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
            | ErrorCode::TooManyRequests => advice(
                "AWS throttled the function's calls until no time was left",
                "Deploy again, and deploy stacks that change trails one after the other",
            ),
            ErrorCode::InternalFailure
            | ErrorCode::InternalServerError
            | ErrorCode::Service
            | ErrorCode::ServiceUnavailable => advice("AWS had an internal error", "Deploy again"),

            // The function takes these as success, or creates what is missing.
            ErrorCode::AccountAlreadyRegistered
            | ErrorCode::AccountNotRegistered
            | ErrorCode::AccountRegistered
            | ErrorCode::CloudTrailARNInvalid
            | ErrorCode::EventDataStoreNotFound
            | ErrorCode::InsightNotEnabled
            | ErrorCode::ResourceNotFound
            | ErrorCode::TrailNotFound => None,

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

            // AWS's message is all that is known.
            ErrorCode::Other => None,
        }
    }

    /// Organizations gives one code to many causes; its `Reason` says which one.
    fn constraint_violation(&self, message: &str) -> Option<Advice> {
        if message.contains(SERVICE_ACCESS_NOT_ENABLED) {
            advice(
                format!(
                    "trusted access between Organizations and {} is off",
                    self.service_principal.unwrap_or("the service")
                ),
                "Declare a Custom::OrgTrustedAccess with that ServicePrincipal and let this \
                 resource depend on it (DependsOn)",
            )
        } else if message.contains("CANNOT_REGISTER_MASTER") {
            advice(NOT_ITSELF, ANOTHER_ACCOUNT)
        } else if message.contains("ALL_FEATURES") {
            advice(
                "the organization has consolidated billing only",
                ALL_FEATURES,
            )
        } else if self.account.is_some() {
            advice(
                "the organization does not allow this registration",
                "AWS's Reason says why; trusted access for the service must be on, the account \
                 must not be the management account, and each service allows only some \
                 administrators",
            )
        } else {
            None
        }
    }
}

const IN_THE_MANAGEMENT_ACCOUNT: &str =
    "Deploy it in the management account, or set MANAGEMENT_ROLE_ARN to a role there";

const NOT_ITSELF: &str = "the management account cannot be its own delegated administrator";

const ANOTHER_ACCOUNT: &str = "Give another account as AccountId";

const ALL_FEATURES: &str = "Enable all features in the Organizations console (Settings); every \
                            member account has to accept that";
