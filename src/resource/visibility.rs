//! The meaning of "not found": it proves that a trail does not exist only to some callers.

use super::{Failure, RequestContext};
use crate::aws::call::Deadline;
use crate::domain::diagnosis::Context;
use crate::domain::error_codes::ErrorCode;
use crate::domain::names::TrailArn;
use crate::domain::trail::{NotVisible, is_visible_to};
use crate::domain::trusted_access::CLOUDTRAIL;

/// Succeeds if "not found" means that the trail does not exist, and fails if only the caller does not
/// see the trail: CloudTrail shows a trail to its own account and to CloudTrail's delegated
/// administrators. Other accounts get CloudTrailARNInvalid or TrailNotFound for a trail that exists.
pub async fn confirm_not_found(
    context: &RequestContext<'_>,
    arn: &TrailArn,
    deadline: Deadline,
) -> Result<(), Failure> {
    let caller = context.caller;
    if is_visible_to(arn, caller, &[]) {
        return Ok(());
    }
    let not_visible = NotVisible { arn: Box::new(arn.clone()), caller };
    match context.aws.delegated_administrators(CLOUDTRAIL, deadline).await {
        Ok(administrators) if is_visible_to(arn, caller, &administrators) => Ok(()),
        Ok(_) => Err(not_visible.into()),
        // Organizations shows its administrators to the management account and to each other.
        Err(fault)
            if fault.code() == Some(ErrorCode::AccessDenied) || fault.is_no_organization() =>
        {
            Err(Failure::from(not_visible).and(&format!("{} failed ({fault})", fault.operation)))
        }
        Err(fault) => {
            let context = Context { trail: Some(arn), ..context.circumstances() };
            Err(Failure::aws(&fault, &context))
        }
    }
}
