//! Create and Update: brings a trail to what is desired.

use super::owner;
use crate::aws::call::Deadline;
use crate::aws::cloudtrail::{CloudTrail, TrailSettings};
use crate::domain::diagnosis::Context;
use crate::domain::fault::{Cause, Fault};
use crate::domain::names::{AccountId, Region, TrailArn, TrailName};
use crate::domain::organization::Organization;
use crate::domain::owner::{Owner, Ownership, is_adopted};
use crate::domain::regions::Partition;
use crate::domain::trail::plan::{self, Claim};
use crate::domain::trail::step::{TrailStep, after};
use crate::domain::trail::{DesiredTrail, ObservedTrail};
use crate::resource::{Failure, RequestContext};

/// The most plans in a row. One makes the trail, a second notes which key an alias turned out to
/// stand for, a third follows where somebody else's change came between.
const MOST_PLANS: u32 = 4;

/// How to find the trail.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look<'a> {
    /// By the desired name: a trail that the resource does not have yet. In an Update it comes in
    /// place of the one with this ARN.
    ByName { instead_of: Option<&'a TrailArn> },
    /// By the id that the resource has.
    ByArn(&'a TrailArn),
}

/// The ARN that an account's trail of this name has, or will have. An organization's bears the id of
/// the management account, whoever makes it.
pub(super) fn trail_of(account: AccountId, name: &TrailName, region: &Region) -> TrailArn {
    TrailArn::new(
        Partition::of(region).name,
        region.clone(),
        account,
        name.clone(),
    )
}

/// One trail, one request, and everything needed to bring them together.
pub(super) struct Reconciler<'a> {
    pub(super) context: &'a RequestContext<'a>,
    desired: &'a DesiredTrail,
    pub(super) owner: Owner,
    pub(super) trails: CloudTrail,
    /// The trail's ARN, also before the trail exists.
    pub(super) arn: TrailArn,
    pub(super) organization: Organization,
}

/// RequestContext that ended before the trail was as desired.
pub(super) struct PartialFailure {
    /// Why.
    pub(super) failure: Failure,
    /// What a failed Create goes back to; see [`plan::rollback_target`].
    pub(super) before: Option<ObservedTrail>,
    /// What there is now, as far as is known.
    pub(super) now: Option<ObservedTrail>,
    /// Whether the last step took effect is not known.
    pub(super) unclear: bool,
}

impl<'a> Reconciler<'a> {
    /// Looks at the organization and at the trail, at the same time. Of a trail that the resource
    /// does not have yet all but GetTrail is asked only once it turns out to be there: usually the
    /// name is free.
    pub(super) async fn survey(
        context: &'a RequestContext<'a>,
        desired: &'a DesiredTrail,
        look: Look<'_>,
    ) -> Result<(Self, Option<ObservedTrail>), Failure> {
        let trails = CloudTrail::new(context.aws, &desired.home_region);
        let (organization, arn, observed) = match look {
            Look::ByArn(arn) => {
                let organization = context.aws.organization(context.deadline());
                let observed = trails.observe(arn, context.deadline());
                let (organization, observed) = tokio::try_join!(
                    async {
                        organization
                            .await
                            .map_err(|fault| failure(desired, None, &fault))
                    },
                    async {
                        observed
                            .await
                            .map_err(|fault| failure(desired, Some(arn), &fault))
                    },
                )?;
                (organization, arn.clone(), observed)
            }
            Look::ByName { instead_of } => {
                let (organization, arn, found) =
                    look_by_name(context, desired, &trails, instead_of).await?;
                let observed = match found {
                    Some(found) => trails.observe_rest(found, context.deadline()).await,
                    None => Ok(None),
                };
                let observed = observed.map_err(|fault| failure(desired, Some(&arn), &fault))?;
                (organization, arn, observed)
            }
        };
        let reconciler = Self {
            context,
            desired,
            owner: owner(context),
            trails,
            arn,
            organization,
        };
        if let Some(Ownership::Ours { adopted: true }) = reconciler.had(observed.as_ref()) {
            // An earlier delivery of this request may have taken it over. A failure from here on
            // has it released, which does no harm to one that was retained.
            context.progress.record(reconciler.arn.to_string());
        }
        Ok((reconciler, observed))
    }

    pub(super) fn failure(&self, fault: &Fault) -> Failure {
        let known = Context {
            trail: Some(&self.arn),
            organization: Some(&self.organization),
            settings: Some(&self.desired.settings),
            ..Context::default()
        };
        Failure::aws(fault, &known)
    }

    /// Plans and applies until there is nothing left to do.
    pub(super) async fn converge(
        &self,
        observed: Option<ObservedTrail>,
        claim: Claim,
    ) -> Result<ObservedTrail, Box<PartialFailure>> {
        let mut now = observed;
        let mut before = self.rollback_target(now.as_ref());
        let mut fresh = false;
        for _ in 0..MOST_PLANS {
            let plan = plan::converge(self.desired, now.as_ref(), &self.owner, claim);
            let steps = match plan {
                Ok(steps) => steps,
                Err(refusal) => {
                    let failure = Failure::from(refusal);
                    return Err(Box::new(PartialFailure {
                        failure,
                        before,
                        now,
                        unclear: false,
                    }));
                }
            };
            if let (true, Some(trail)) = (steps.is_empty(), &now) {
                return Ok(trail.clone());
            }
            tracing::info!(steps = %list(&steps), trail = %self.arn, "planned");
            for step in steps {
                match self.apply(&step, fresh, now.clone()).await {
                    Ok(trail) => {
                        fresh |= matches!(step, TrailStep::Create { .. });
                        now = trail;
                    }
                    Err(fault) if fault.is_already_exists() => {
                        // Its answer was lost, or somebody was faster: what is there decides.
                        now = self.look_until_observed(&fault).await.map_err(|failure| {
                            Box::new(PartialFailure {
                                failure,
                                before: None,
                                now: None,
                                unclear: true,
                            })
                        })?;
                        before = self.rollback_target(now.as_ref());
                        break;
                    }
                    Err(fault) => {
                        let unclear = may_have_taken_effect(&fault);
                        let failure = match &step {
                            TrailStep::Update { .. } => {
                                self.failure(&fault).and(&format!("The call was {step}"))
                            }
                            _ => self.failure(&fault),
                        };
                        return Err(Box::new(PartialFailure {
                            failure,
                            before,
                            now,
                            unclear,
                        }));
                    }
                }
            }
        }
        match now {
            Some(trail) if self.agrees(&trail, claim) => Ok(trail),
            now => Err(Box::new(PartialFailure {
                failure: Failure::refusal(format!(
                    "the trail {} did not keep what it was given; somebody else is changing it at \
                     the same time. Deploy again once that has ended",
                    self.arn
                )),
                before,
                now,
                unclear: false,
            })),
        }
    }

    fn agrees(&self, trail: &ObservedTrail, claim: Claim) -> bool {
        plan::converge(self.desired, Some(trail), &self.owner, claim)
            .is_ok_and(|steps| steps.is_empty())
    }

    pub(super) fn rollback_target(
        &self,
        observed: Option<&ObservedTrail>,
    ) -> Option<ObservedTrail> {
        plan::rollback_target(observed, &self.owner, self.context.request.issued_at).cloned()
    }

    /// Whose the trail was.
    pub(super) fn had(&self, before: Option<&ObservedTrail>) -> Option<Ownership> {
        before.map(|trail| self.owner.ownership_of(&trail.tags))
    }

    /// Applies one step and says what there is then.
    async fn apply(
        &self,
        step: &TrailStep,
        fresh: bool,
        now: Option<ObservedTrail>,
    ) -> Result<Option<ObservedTrail>, Fault> {
        // From here on there may be a trail to delete, or one to release, also if no answer ever
        // comes. A trail that was the resource's own before is not to be deleted for a failure.
        match step {
            TrailStep::Create { .. } => self.context.progress.record(self.arn.to_string()),
            TrailStep::Tag(tags) if is_adopted(tags) => {
                self.context.progress.record(self.arn.to_string());
            }
            _ => {}
        }
        let deadline = Deadline {
            fresh,
            ..self.context.deadline()
        };
        let returned = self.trails.execute(&self.arn, step, deadline).await?;
        tracing::info!(%step, trail = %self.arn, "step done");
        Ok(after(now, step, returned))
    }

    /// A trail that CloudTrail says exists and does not show here, or not yet.
    async fn look_until_observed(&self, fault: &Fault) -> Result<Option<ObservedTrail>, Failure> {
        let deadline = self.context.deadline();
        let look = || async {
            let (observed, all) = tokio::try_join!(
                self.trails.observe(&self.arn, deadline),
                self.trails.all(deadline),
            )
            .map_err(|fault| self.failure(&fault))?;
            match all.iter().find(|other| is_shadowed_by(&self.arn, other)) {
                Some(other) if observed.is_none() => Err(Failure::refusal(format!(
                    "the name {} is taken in {} by the trail {other}: a multi-Region trail takes \
                     its name in every Region. Change TrailName together with HomeRegion",
                    other.name(),
                    self.arn.region(),
                ))),
                Some(_) | None => Ok(observed),
            }
        };
        let observed = self.context.look_until_observed(look).await?;
        observed.map(Some).ok_or_else(|| self.failure(fault))
    }
}

/// A fault from before the organization is known.
fn failure(desired: &DesiredTrail, trail: Option<&TrailArn>, fault: &Fault) -> Failure {
    let known = Context {
        trail,
        trail_name: Some(&desired.name),
        ..Context::default()
    };
    Failure::aws(fault, &known)
}

/// The organization, the ARN that its trail of the desired name has or will have, and what GetTrail
/// says of it.
async fn look_by_name(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    trails: &CloudTrail,
    instead_of: Option<&TrailArn>,
) -> Result<(Organization, TrailArn, Option<TrailSettings>), Failure> {
    let (name, region) = (&desired.name, &desired.home_region);
    let deadline = context.deadline();
    // The trail so far has the management account's id in its ARN.
    let presumed = instead_of.map(|old| trail_of(old.account(), name, region));
    let found = async {
        match &presumed {
            Some(arn) => trails.look(arn, deadline).await,
            None => trails.find(name, deadline).await,
        }
    };
    let (organization, found) = tokio::try_join!(context.aws.organization(deadline), found)
        .map_err(|fault| failure(desired, None, &fault))?;
    let management = organization.management_account;
    let arn = trail_of(management, name, region);
    // By name only the caller's own is found. If the caller is not the management account, the
    // organization's trail is another one and is only observed by its ARN.
    let was_looked_for = match &presumed {
        Some(presumed) => *presumed == arn,
        None => context.caller == Some(management),
    };
    let found = match found.filter(|found| found.arn == arn) {
        None if !was_looked_for => trails.look(&arn, deadline).await,
        found => Ok(found),
    };
    let found = found.map_err(|fault| failure(desired, Some(&arn), &fault))?;
    Ok((organization, arn, found))
}

/// Whether a trail that lives in another Region may have the name of `desired` there too.
fn is_shadowed_by(desired: &TrailArn, found: &TrailArn) -> bool {
    found.name() == desired.name()
        && found.account() == desired.account()
        && found.region() != desired.region()
}

/// No answer, or one that says nothing about what happened.
fn may_have_taken_effect(fault: &Fault) -> bool {
    match &fault.cause {
        Cause::Service { status, .. } => *status >= 500,
        Cause::TimedOut | Cause::Unreachable(_) | Cause::Unreadable => true,
        Cause::NotSent(_) | Cause::RoleNotAssumed { .. } => false,
    }
}

fn list(steps: &[TrailStep]) -> String {
    steps
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
