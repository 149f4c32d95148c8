//! Conditions on the properties of a trail: the events that its event selectors record, and those that
//! its insight selectors analyze.

use crate::cfn::properties::declaration::Condition;
use Condition::{AllOf, AnyEntry, AnyOf, Contains, HasEntries, Is, IsFalse, IsGiven, Not};

/// An insight selector without event categories analyzes management events (API reference,
/// InsightSelector).
pub(super) const ANALYZES_MANAGEMENT_EVENTS: Condition =
    AnyOf(&[Not(&HasEntries("EventCategories")), Contains("EventCategories", "Management")]);

/// A trail without event selectors records all management events.
const HAS_NO_SELECTORS: Condition =
    AllOf(&[Not(&IsGiven("EventSelectors")), Not(&IsGiven("AdvancedEventSelectors"))]);

pub(super) const RECORDS_MANAGEMENT_EVENTS: Condition = AnyOf(&[
    HAS_NO_SELECTORS,
    AnyEntry("EventSelectors", &Not(&IsFalse("IncludeManagementEvents"))),
    AnyEntry("AdvancedEventSelectors", &IS_OF_MANAGEMENT),
]);

pub(super) const RECORDS_MANAGEMENT_WRITES: Condition = AnyOf(&[
    HAS_NO_SELECTORS,
    AnyEntry(
        "EventSelectors",
        &AllOf(&[Not(&IsFalse("IncludeManagementEvents")), Not(&Is("ReadWriteType", "ReadOnly"))]),
    ),
    AnyEntry(
        "AdvancedEventSelectors",
        &AllOf(&[
            IS_OF_MANAGEMENT,
            Not(&AnyEntry(
                "FieldSelectors",
                &AllOf(&[Is("Field", "readOnly"), Not(&Contains("Equals", "false"))]),
            )),
        ]),
    ),
]);

pub(super) const RECORDS_DATA_EVENTS: Condition = AnyOf(&[
    AnyEntry("EventSelectors", &AnyEntry("DataResources", &HasEntries("Values"))),
    AnyEntry("AdvancedEventSelectors", &IS_OF_DATA),
]);

// The categories of advanced event selectors.
const IS_OF_MANAGEMENT: Condition = AnyEntry(
    "FieldSelectors",
    &AllOf(&[Is("Field", "eventCategory"), Contains("Equals", "Management")]),
);
pub(super) const IS_OF_DATA: Condition =
    AnyEntry("FieldSelectors", &AllOf(&[Is("Field", "eventCategory"), Contains("Equals", "Data")]));
pub(super) const IS_OF_NETWORK_ACTIVITY: Condition = AnyEntry(
    "FieldSelectors",
    &AllOf(&[Is("Field", "eventCategory"), Contains("Equals", "NetworkActivity")]),
);
