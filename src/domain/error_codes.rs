//! The error codes of AWS that the function knows, in one table: what each one means for a call, and
//! whether to repeat it. [`super::diagnosis`] has the advice for each.
//!
//! It has every error that the called operations declare, the codes that all services share, and those
//! that S3 gives when CloudTrail delivers logs.

use super::fault::RetryClass::{self, LetRoleSettle, LetSettle, SlowDown, TryAgain};

/// The `Reason` of a ConstraintViolation: trusted access with the service is off, or was enabled
/// moments ago.
pub const SERVICE_ACCESS_NOT_ENABLED: &str = "SERVICE_ACCESS_NOT_ENABLED";

/// What an error code means for the call that failed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The call is worth repeating.
    Retry(RetryClass),
    /// The call is worth repeating if AWS's message contains these words, and final if not.
    RetryIf(&'static str, RetryClass),
    /// The trail, account or event data store does not exist. A call that removes it is done.
    NotFound,
    /// The trail or registration exists: another owner's, or our own that an earlier attempt created
    /// whose response was lost.
    AlreadyExists,
    /// An optional feature is off: a call that reads it finds nothing.
    NotEnabled,
    /// The Region or partition does not offer the operation.
    NotOffered,
    /// The account has not enabled the Region.
    RegionNotEnabled,
    /// Repeating the call does not help.
    Final,
    /// An operation that the function calls declares it, but never for these calls, and why.
    Impossible(&'static str),
}

use Meaning::{
    AlreadyExists, Final, Impossible, NotEnabled, NotFound, NotOffered, RegionNotEnabled, Retry,
    RetryIf,
};

const TRAILS_ONLY: Meaning = Impossible("the function calls the operation for trails only");
const LISTED_STORES_ONLY: Meaning =
    Impossible("the function sends only ARNs of event data stores that CloudTrail listed");
const NO_SESSION_POLICY: Meaning = Impossible("the function assumes roles without session policy");
const OWN_TOKENS_ONLY: Meaning = Impossible("the function sends only the tokens that AWS returned");

/// An error code, named as AWS names it but without `Exception` at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the table and AWS's documentation describe them"
)]
pub enum ErrorCode {
    AccessDenied,
    ExpiredToken,
    InsufficientDependencyServiceAccessPermission,
    InsufficientIAMAccessPermission,
    InvalidClientTokenId,
    MalformedPolicyDocument,
    NotOrganizationManagementAccount,
    NotOrganizationMasterAccount,
    OperationNotPermitted,
    PackedPolicyTooLarge,
    RegionDisabled,
    UnrecognizedClient,

    AWSOrganizationsNotInUse,
    CloudTrailAccessNotEnabled,
    ConcurrentModification,
    ConstraintViolation,
    InvalidInput,
    NoManagementAccountSLRExists,
    OrganizationNotInAllFeaturesMode,
    OrganizationsNotInUse,
    UnsupportedAPIEndpoint,

    AccountAlreadyRegistered,
    AccountNotFound,
    AccountNotRegistered,
    AccountRegistered,
    CannotDelegateManagementAccount,
    DelegatedAdminAccountLimitExceeded,

    CloudTrailARNInvalid,
    Conflict,
    InsightNotEnabled,
    InvalidEventSelectors,
    InvalidHomeRegion,
    InvalidInsightSelectors,
    InvalidParameter,
    InvalidParameterCombination,
    InvalidTagParameter,
    InvalidTrailName,
    MaximumNumberOfTrailsExceeded,
    ResourceNotFound,
    ResourceTypeNotSupported,
    TagsLimitExceeded,
    TrailAlreadyExists,
    TrailNotFound,
    TrailNotProvided,
    UnknownOperation,
    UnsupportedOperation,

    InsufficientS3BucketPolicy,
    InvalidS3BucketName,
    InvalidS3Prefix,
    NoSuchBucket,
    S3BucketDoesNotExist,

    InsufficientEncryptionPolicy,
    InvalidKmsKeyId,
    Kms,
    KmsDisabled,
    KmsInvalidState,
    KmsKeyDisabled,
    KmsKeyNotFound,
    KmsNotFound,

    CloudTrailInvalidClientTokenId,
    CloudWatchLogsDeliveryUnavailable,
    InsufficientSnsTopicPolicy,
    InvalidCloudWatchLogsLogGroupArn,
    InvalidCloudWatchLogsRoleArn,
    InvalidSnsTopicName,

    ChannelARNInvalid,
    ChannelNotFound,
    EventDataStoreARNInvalid,
    EventDataStoreNotFound,
    InactiveEventDataStore,
    InvalidEventDataStoreCategory,
    InvalidEventDataStoreStatus,
    InvalidMaxResults,
    InvalidNextToken,
    InvalidToken,

    InternalFailure,
    InternalServerError,
    RequestLimitExceeded,
    RequestThrottled,
    Service,
    ServiceUnavailable,
    SlowDown,
    Throttled,
    Throttling,
    TooManyRequests,

    /// None of these. The fault has the code as AWS sent it.
    Other,
}

impl ErrorCode {
    /// Each code but [`Self::Other`], with its name and its meaning.
    #[rustfmt::skip] // One row per code.
    pub const TABLE: [(Self, &'static str, Meaning); Self::Other as usize] = [
        // The caller.
        (Self::AccessDenied, "AccessDenied", Retry(LetRoleSettle)),
        (Self::ExpiredToken, "ExpiredToken", Final),
        (Self::InsufficientDependencyServiceAccessPermission, "InsufficientDependencyServiceAccessPermission", Retry(LetSettle)),
        (Self::InsufficientIAMAccessPermission, "InsufficientIAMAccessPermission", Final),
        (Self::InvalidClientTokenId, "InvalidClientTokenId", RegionNotEnabled),
        (Self::MalformedPolicyDocument, "MalformedPolicyDocument", NO_SESSION_POLICY),
        (Self::NotOrganizationManagementAccount, "NotOrganizationManagementAccount", Final),
        (Self::NotOrganizationMasterAccount, "NotOrganizationMasterAccount", Final),
        (Self::OperationNotPermitted, "OperationNotPermitted", Final),
        (Self::PackedPolicyTooLarge, "PackedPolicyTooLarge", NO_SESSION_POLICY),
        (Self::RegionDisabled, "RegionDisabled", RegionNotEnabled),
        (Self::UnrecognizedClient, "UnrecognizedClient", RegionNotEnabled),
        // The organization.
        (Self::AWSOrganizationsNotInUse, "AWSOrganizationsNotInUse", Final),
        (Self::CloudTrailAccessNotEnabled, "CloudTrailAccessNotEnabled", Retry(LetSettle)),
        (Self::ConcurrentModification, "ConcurrentModification", Retry(LetSettle)),
        (Self::ConstraintViolation, "ConstraintViolation", RetryIf(SERVICE_ACCESS_NOT_ENABLED, LetSettle)),
        (Self::InvalidInput, "InvalidInput", Final),
        (Self::NoManagementAccountSLRExists, "NoManagementAccountSLRExists", Retry(LetSettle)),
        (Self::OrganizationNotInAllFeaturesMode, "OrganizationNotInAllFeaturesMode", Final),
        (Self::OrganizationsNotInUse, "OrganizationsNotInUse", Final),
        (Self::UnsupportedAPIEndpoint, "UnsupportedAPIEndpoint", Final),
        // Delegated administrators.
        (Self::AccountAlreadyRegistered, "AccountAlreadyRegistered", AlreadyExists),
        (Self::AccountNotFound, "AccountNotFound", NotFound),
        (Self::AccountNotRegistered, "AccountNotRegistered", NotFound),
        (Self::AccountRegistered, "AccountRegistered", AlreadyExists),
        (Self::CannotDelegateManagementAccount, "CannotDelegateManagementAccount", Final),
        (Self::DelegatedAdminAccountLimitExceeded, "DelegatedAdminAccountLimitExceeded", Final),
        // The trail.
        (Self::CloudTrailARNInvalid, "CloudTrailARNInvalid", NotFound),
        (Self::Conflict, "Conflict", Retry(LetSettle)),
        (Self::InsightNotEnabled, "InsightNotEnabled", NotEnabled),
        (Self::InvalidEventSelectors, "InvalidEventSelectors", Final),
        (Self::InvalidHomeRegion, "InvalidHomeRegion", Final),
        (Self::InvalidInsightSelectors, "InvalidInsightSelectors", Final),
        (Self::InvalidParameter, "InvalidParameter", Final),
        (Self::InvalidParameterCombination, "InvalidParameterCombination", Final),
        (Self::InvalidTagParameter, "InvalidTagParameter", Final),
        (Self::InvalidTrailName, "InvalidTrailName", Final),
        (Self::MaximumNumberOfTrailsExceeded, "MaximumNumberOfTrailsExceeded", Final),
        (Self::ResourceNotFound, "ResourceNotFound", NotFound),
        (Self::ResourceTypeNotSupported, "ResourceTypeNotSupported", TRAILS_ONLY),
        (Self::TagsLimitExceeded, "TagsLimitExceeded", Final),
        (Self::TrailAlreadyExists, "TrailAlreadyExists", AlreadyExists),
        (Self::TrailNotFound, "TrailNotFound", NotFound),
        (Self::TrailNotProvided, "TrailNotProvided", Impossible("CloudTrail no longer returns it")),
        (Self::UnknownOperation, "UnknownOperation", NotOffered),
        (Self::UnsupportedOperation, "UnsupportedOperation", NotOffered),
        // The bucket.
        (Self::InsufficientS3BucketPolicy, "InsufficientS3BucketPolicy", Retry(LetSettle)),
        (Self::InvalidS3BucketName, "InvalidS3BucketName", Final),
        (Self::InvalidS3Prefix, "InvalidS3Prefix", Final),
        (Self::NoSuchBucket, "NoSuchBucket", Final),
        (Self::S3BucketDoesNotExist, "S3BucketDoesNotExist", Retry(LetSettle)),
        // The key. S3 gives the codes with a full stop when CloudTrail delivers logs.
        (Self::InsufficientEncryptionPolicy, "InsufficientEncryptionPolicy", Retry(LetSettle)),
        (Self::InvalidKmsKeyId, "InvalidKmsKeyId", Final),
        (Self::Kms, "Kms", Final),
        (Self::KmsDisabled, "KMS.Disabled", Final),
        (Self::KmsInvalidState, "KMS.KMSInvalidState", Final),
        (Self::KmsKeyDisabled, "KmsKeyDisabled", Final),
        (Self::KmsKeyNotFound, "KmsKeyNotFound", Final),
        (Self::KmsNotFound, "KMS.NotFound", Final),
        // The topic and the log group. Those of the log group are final when an ARN is wrong
        // (terraform-provider-aws, trail.go, tells them apart by these words).
        (Self::CloudTrailInvalidClientTokenId, "CloudTrailInvalidClientTokenId", Final),
        (Self::CloudWatchLogsDeliveryUnavailable, "CloudWatchLogsDeliveryUnavailable", Final),
        (Self::InsufficientSnsTopicPolicy, "InsufficientSnsTopicPolicy", Retry(LetSettle)),
        (Self::InvalidCloudWatchLogsLogGroupArn, "InvalidCloudWatchLogsLogGroupArn", RetryIf("Access denied", LetSettle)),
        (Self::InvalidCloudWatchLogsRoleArn, "InvalidCloudWatchLogsRoleArn", RetryIf("Access denied", LetSettle)),
        (Self::InvalidSnsTopicName, "InvalidSnsTopicName", Final),
        // Event data stores, channels and listings.
        (Self::ChannelARNInvalid, "ChannelARNInvalid", TRAILS_ONLY),
        (Self::ChannelNotFound, "ChannelNotFound", TRAILS_ONLY),
        (Self::EventDataStoreARNInvalid, "EventDataStoreARNInvalid", LISTED_STORES_ONLY),
        (Self::EventDataStoreNotFound, "EventDataStoreNotFound", NotFound),
        (Self::InactiveEventDataStore, "InactiveEventDataStore", TRAILS_ONLY),
        (Self::InvalidEventDataStoreCategory, "InvalidEventDataStoreCategory", TRAILS_ONLY),
        (Self::InvalidEventDataStoreStatus, "InvalidEventDataStoreStatus", TRAILS_ONLY),
        (Self::InvalidMaxResults, "InvalidMaxResults", Impossible("the function does not limit the size of pages")),
        (Self::InvalidNextToken, "InvalidNextToken", OWN_TOKENS_ONLY),
        (Self::InvalidToken, "InvalidToken", OWN_TOKENS_ONLY),
        // Throttling and errors of AWS's own. Not all of these come with a status that says so.
        (Self::InternalFailure, "InternalFailure", Retry(TryAgain)),
        (Self::InternalServerError, "InternalServerError", Retry(TryAgain)),
        (Self::RequestLimitExceeded, "RequestLimitExceeded", Retry(SlowDown)),
        (Self::RequestThrottled, "RequestThrottled", Retry(SlowDown)),
        (Self::Service, "Service", Retry(TryAgain)),
        (Self::ServiceUnavailable, "ServiceUnavailable", Retry(TryAgain)),
        (Self::SlowDown, "SlowDown", Retry(SlowDown)),
        (Self::Throttled, "Throttled", Retry(SlowDown)),
        (Self::Throttling, "Throttling", Retry(SlowDown)),
        (Self::TooManyRequests, "TooManyRequests", Retry(SlowDown)),
    ];

    /// The code that AWS sent, with or without `Exception` at its end.
    pub fn parse(sent: &str) -> Self {
        let sent = sent.strip_suffix("Exception").unwrap_or(sent);
        let row = Self::TABLE.iter().find(|(_, name, _)| *name == sent);
        row.map_or(Self::Other, |(code, ..)| *code)
    }

    /// What it means for the call.
    pub fn meaning(self) -> Meaning {
        let row = Self::TABLE.iter().find(|(code, ..)| *code == self);
        row.map_or(Final, |(.., meaning)| *meaning)
    }

    /// What kind of waiting could help, given AWS's message.
    pub fn retry_class(self, message: &str) -> RetryClass {
        match self.meaning() {
            Retry(class) => class,
            RetryIf(words, class) if message.contains(words) => class,
            _ => RetryClass::None,
        }
    }
}

/// Whether a code that S3 gave for a delivery is about a KMS key, also if the table lacks it.
pub fn is_about_kms(sent: &str) -> bool {
    sent.to_ascii_uppercase().contains("KMS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_row() {
        for (code, name, meaning) in ErrorCode::TABLE {
            assert_eq!(ErrorCode::parse(name), code);
            assert_eq!(ErrorCode::parse(&format!("{name}Exception")), code);
            assert_eq!(code.meaning(), meaning, "{name}");
        }
        for code in ["", "Exception", "SomethingNewException", "accessdenied"] {
            assert_eq!(ErrorCode::parse(code), ErrorCode::Other, "{code}");
        }
        assert_eq!(ErrorCode::Other.meaning(), Final);
    }

    #[test]
    fn a_code_is_named_as_aws_names_it() {
        // A variant cannot have the full stop of S3's codes.
        let plain = ErrorCode::TABLE.iter().filter(|row| !row.1.contains('.'));
        for (code, name, _) in plain {
            assert_eq!(format!("{code:?}"), *name);
        }
    }
}
