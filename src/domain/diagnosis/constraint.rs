//! The causes that Organizations names with a `Reason`.
//!
//! Source: the Organizations API reference, ConstraintViolationException and InvalidInputException.

use super::Context;
use super::advice::{ALL_FEATURES, ANOTHER_ACCOUNT, Advice, BILLING_ONLY, NOT_ITSELF, advice};
use crate::domain::error_codes::SERVICE_ACCESS_NOT_ENABLED;
use crate::domain::fault::Fault;

impl Context<'_> {
    /// The advice for a ConstraintViolation.
    pub(super) fn constraint_violation(&self, fault: &Fault) -> Option<Advice> {
        let service = self.service_principal.unwrap_or("the service");
        match fault.reason().unwrap_or_default() {
            SERVICE_ACCESS_NOT_ENABLED => advice(
                format!("trusted access with {service} is not enabled"),
                self.require(
                    "Add a Custom::OrgTrustedAccess with this ServicePrincipal to the template, \
                     with DependsOn in this resource",
                ),
            ),
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR" => {
                advice(NOT_ITSELF, ANOTHER_ACCOUNT)
            }
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR" => {
                advice("the account is suspended", ANOTHER_ACCOUNT)
            }
            "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED" => advice(
                format!("{service} already has as many delegated administrators as it allows"),
                format!(
                    "Deregister one first. To list them, run: aws organizations \
                     list-delegated-administrators --service-principal {service}"
                ),
            ),
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE" => advice(
                format!("{service} still has delegated administrators"),
                format!(
                    "Deregister them first. To list them, run: aws organizations \
                     list-delegated-administrators --service-principal {service}"
                ),
            ),
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE" => {
                advice(BILLING_ONLY, self.require(ALL_FEATURES))
            }
            "" => {
                advice("a rule of Organizations forbids the call", "AWS's message names the rule")
            }
            reason => advice(
                format!("a rule of Organizations forbids the call: {}", words(reason)),
                format!(
                    "The Organizations API reference explains {reason} in \
                     ConstraintViolationException"
                ),
            ),
        }
    }
}

/// The advice for an InvalidInput.
pub(super) fn invalid_input(fault: &Fault) -> Option<Advice> {
    match fault.reason().unwrap_or_default() {
        "UNRECOGNIZED_SERVICE_PRINCIPAL" => advice(
            "Organizations does not support this service principal",
            "Correct ServicePrincipal. The Organizations user guide lists the supported services",
        ),
        "" => advice(
            "Organizations does not accept a parameter of the call",
            "Correct the property that AWS's message names",
        ),
        reason => advice(
            format!("Organizations does not accept a parameter of the call: {}", words(reason)),
            format!(
                "Correct the property that AWS's message names. The Organizations API reference \
                 explains {reason} in InvalidInputException"
            ),
        ),
    }
}

/// `WAIT_PERIOD_ACTIVE` as words.
fn words(reason: &str) -> String {
    reason.to_ascii_lowercase().replace('_', " ")
}
