//! The error codes of AWS: what each means for a call, and whether to repeat the call.
//! [`super::diagnosis`] has the advice for each.
//!
//! The table has the errors that the called operations declare, the codes that all services share, and
//! those that S3 returns when CloudTrail delivers logs.

use super::fault::RetryClass::{self, LetFinish, LetRoleSettle, LetSettle, SlowDown, TryAgain};

/// The `Reason` of a ConstraintViolation if trusted access with the service is not enabled, or was
/// enabled moments ago.
pub const SERVICE_ACCESS_NOT_ENABLED: &str = "SERVICE_ACCESS_NOT_ENABLED";

/// The meaning of an error code for the call that failed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Repeating the call may help.
    Retry(RetryClass),
    /// Repeating the call may help if AWS's message contains these words.
    RetryIf(&'static str, RetryClass),
    /// The trail, account or event data store does not exist. A call that removes it has succeeded.
    NotFound,
    /// The trail or registration exists. It has another owner, or an earlier attempt of this call
    /// created it and the response was lost.
    AlreadyExists,
    /// An optional feature is not enabled. A call that reads it finds nothing.
    NotEnabled,
    /// The Region or partition does not offer the operation.
    NotOffered,
    /// The account has not enabled the Region.
    RegionNotEnabled,
    /// The account belongs to no organization. If it was the management account, the organization was
    /// deleted, together with its trusted access and its delegated administrators.
    NoOrganization,
    /// Repeating the call does not help.
    Final,
    /// An operation declares the error, but the function's calls cannot cause it, for this reason.
    Impossible(&'static str),
}

use Meaning::{
    AlreadyExists, Final, Impossible, NoOrganization, NotEnabled, NotFound, NotOffered,
    RegionNotEnabled, Retry, RetryIf,
};

const TRAILS_ONLY: Meaning = Impossible("the function calls the operation for trails only");
const LISTED_STORES_ONLY: Meaning =
    Impossible("the function sends only ARNs of event data stores that CloudTrail listed");
const NO_SESSION_POLICY: Meaning = Impossible("the function assumes roles without session policy");
const OWN_TOKENS_ONLY: Meaning = Impossible("the function sends only the tokens that AWS returned");

/// Declares the error codes, each with AWS's name, if it differs, and its meaning.
macro_rules! error_codes {
    ($($code:ident $($name:literal)? => $meaning:expr,)+) => {
        /// An error code of AWS, without `Exception` at the end.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "AWS's documentation describes them")]
        pub enum ErrorCode {
            $($code,)+
            /// A code that is not in the table. The fault has the code as AWS sent it.
            Other,
        }

        impl ErrorCode {
            /// Each code except [`Self::Other`], with its name and its meaning.
            pub const TABLE: [(Self, &'static str, Meaning); Self::Other as usize] =
                [$((Self::$code, error_codes!(@name $code $($name)?), $meaning)),+];
        }
    };
    (@name $code:ident) => { stringify!($code) };
    (@name $code:ident $name:literal) => { $name };
}

error_codes! {
    // The caller.
    AccessDenied => Retry(LetRoleSettle),
    ExpiredToken => Final,
    InsufficientDependencyServiceAccessPermission => Retry(LetSettle),
    InsufficientIAMAccessPermission => Final,
    InvalidClientTokenId => RegionNotEnabled,
    MalformedPolicyDocument => NO_SESSION_POLICY,
    NotOrganizationManagementAccount => Final,
    NotOrganizationMasterAccount => Final,
    OperationNotPermitted => Final,
    PackedPolicyTooLarge => NO_SESSION_POLICY,
    RegionDisabled => RegionNotEnabled,
    UnrecognizedClient => RegionNotEnabled,
    // The organization.
    AWSOrganizationsNotInUse => NoOrganization,
    CloudTrailAccessNotEnabled => Retry(LetSettle),
    ConcurrentModification => Retry(LetFinish),
    ConstraintViolation => RetryIf(SERVICE_ACCESS_NOT_ENABLED, LetSettle),
    InvalidInput => Final,
    NoManagementAccountSLRExists => Retry(LetSettle),
    OrganizationNotInAllFeaturesMode => Final,
    OrganizationsNotInUse => NoOrganization,
    UnsupportedAPIEndpoint => Final,
    // Delegated administrators.
    AccountAlreadyRegistered => AlreadyExists,
    AccountNotFound => NotFound,
    AccountNotRegistered => NotFound,
    AccountRegistered => AlreadyExists,
    CannotDelegateManagementAccount => Final,
    DelegatedAdminAccountLimitExceeded => Final,
    // The trail.
    CloudTrailARNInvalid => NotFound,
    Conflict => Retry(LetFinish),
    InsightNotEnabled => NotEnabled,
    InvalidEventSelectors => Final,
    InvalidHomeRegion => Final,
    InvalidInsightSelectors => Final,
    InvalidParameter => Final,
    InvalidParameterCombination => Final,
    InvalidTagParameter => Final,
    InvalidTrailName => Final,
    MaximumNumberOfTrailsExceeded => Final,
    ResourceNotFound => NotFound,
    ResourceTypeNotSupported => TRAILS_ONLY,
    TagsLimitExceeded => Final,
    TrailAlreadyExists => AlreadyExists,
    TrailNotFound => NotFound,
    TrailNotProvided => Impossible("CloudTrail no longer returns it"),
    UnknownOperation => NotOffered,
    UnsupportedOperation => NotOffered,
    // The bucket.
    InsufficientS3BucketPolicy => Retry(LetSettle),
    InvalidS3BucketName => Final,
    InvalidS3Prefix => Final,
    NoSuchBucket => Final,
    S3BucketDoesNotExist => Retry(LetSettle),
    // The key. S3 returns the codes with a full stop when CloudTrail delivers logs.
    InsufficientEncryptionPolicy => Retry(LetSettle),
    InvalidKmsKeyId => Final,
    Kms => Final,
    KmsDisabled "KMS.Disabled" => Final,
    KmsInvalidState "KMS.KMSInvalidState" => Final,
    KmsKeyDisabled => Final,
    KmsKeyNotFound => Final,
    KmsNotFound "KMS.NotFound" => Final,
    // The topic and the log group. A wrong ARN of the log group is final, and terraform-provider-aws
    // (trail.go) distinguishes it by these words.
    CloudTrailInvalidClientTokenId => Final,
    CloudWatchLogsDeliveryUnavailable => Final,
    InsufficientSnsTopicPolicy => Retry(LetSettle),
    InvalidCloudWatchLogsLogGroupArn => RetryIf("Access denied", LetSettle),
    InvalidCloudWatchLogsRoleArn => RetryIf("Access denied", LetSettle),
    InvalidSnsTopicName => Final,
    // Event data stores, channels and listings.
    ChannelARNInvalid => TRAILS_ONLY,
    ChannelNotFound => TRAILS_ONLY,
    EventDataStoreARNInvalid => LISTED_STORES_ONLY,
    EventDataStoreNotFound => NotFound,
    InactiveEventDataStore => TRAILS_ONLY,
    InvalidEventDataStoreCategory => TRAILS_ONLY,
    InvalidEventDataStoreStatus => TRAILS_ONLY,
    InvalidMaxResults => Impossible("the function does not limit the size of pages"),
    InvalidNextToken => OWN_TOKENS_ONLY,
    InvalidToken => OWN_TOKENS_ONLY,
    // Throttling and internal errors. The HTTP status does not always show them.
    InternalFailure => Retry(TryAgain),
    InternalServerError => Retry(TryAgain),
    RequestLimitExceeded => Retry(SlowDown),
    RequestThrottled => Retry(SlowDown),
    Service => Retry(TryAgain),
    ServiceUnavailable => Retry(TryAgain),
    SlowDown => Retry(SlowDown),
    Throttled => Retry(SlowDown),
    Throttling => Retry(SlowDown),
    TooManyRequests => Retry(SlowDown),
}

impl ErrorCode {
    /// Parses a code that AWS sent, with or without `Exception` at the end.
    pub fn parse(sent: &str) -> Self {
        let sent = sent.strip_suffix("Exception").unwrap_or(sent);
        let row = Self::TABLE.iter().find(|(_, name, _)| *name == sent);
        row.map_or(Self::Other, |(code, ..)| *code)
    }

    /// The meaning of the code for the call.
    pub fn meaning(self) -> Meaning {
        let row = Self::TABLE.iter().find(|(code, ..)| *code == self);
        row.map_or(Final, |(.., meaning)| *meaning)
    }

    /// The kind of retry that may help, given AWS's message.
    pub fn retry_class(self, message: &str) -> RetryClass {
        match self.meaning() {
            Retry(class) => class,
            RetryIf(words, class) if message.contains(words) => class,
            _ => RetryClass::None,
        }
    }
}

/// True if a code that S3 returned for a delivery is about a KMS key, even if it is not in the table.
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
            // A variant cannot have the full stop of S3's codes.
            assert!(name.contains('.') || format!("{code:?}") == name, "{name}");
        }
        for code in ["", "Exception", "SomethingNewException", "accessdenied"] {
            assert_eq!(ErrorCode::parse(code), ErrorCode::Other, "{code}");
        }
        assert_eq!(ErrorCode::Other.meaning(), Final);
    }
}
