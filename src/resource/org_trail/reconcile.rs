//! Create and Update: change a trail to the desired one.

use super::{failure, failure_by_name, owner};
use crate::aws::call::Deadline;
use crate::aws::cloudtrail::CloudTrail;
use crate::domain::diagnosis::Context;
use crate::domain::fault::{Cause, Fault};
use crate::domain::names::{AccountId, Region, TrailArn, TrailName};
use crate::domain::organization::Organization;
use crate::domain::owner::{Owner, Ownership, is_adopted};
use crate::domain::plan::PlannedStep;
use crate::domain::regions::Partition;
use crate::domain::trail::plan::{self, Claim, MAX_PLANS, Refusal};
use crate::domain::trail::step::{TrailStep, after};
use crate::domain::trail::{DesiredTrail, ObservedTrail};
use crate::resource::{Failure, RequestContext};

/// The ARN that a trail of this name has, or will have. An organization trail has the account ID of
/// the management account, even if a delegated administrator creates it.
pub(super) fn trail_arn(account: AccountId, name: &TrailName, region: &Region) -> TrailArn {
    TrailArn::new(Partition::of(region).name, region.clone(), account, name.clone())
}

/// Changes one trail for one request.
pub(super) struct Reconciler<'a> {
    pub(super) context: &'a RequestContext<'a>,
    desired: &'a DesiredTrail,
    /// The claim of the request on the trail.
    pub(super) claim: Claim,
    pub(super) owner: Owner,
    pub(super) cloudtrail: CloudTrail,
    /// The ARN of the trail, known before the trail exists.
    pub(super) arn: TrailArn,
    pub(super) organization: Organization,
}

/// A failure after some of the steps may have been executed.
pub(super) struct PartialFailure {
    pub(super) failure: Failure,
    /// The state to restore after a failed Create; see [`plan::rollback_target`].
    pub(super) before: Option<ObservedTrail>,
    /// The current state, as far as it is known.
    pub(super) now: Option<ObservedTrail>,
    /// It is unknown whether the last step took effect.
    pub(super) unclear: bool,
}

impl<'a> Reconciler<'a> {
    /// Reads the organization and the trail with this ARN concurrently.
    pub(super) async fn by_arn(
        context: &'a RequestContext<'a>,
        desired: &'a DesiredTrail,
        arn: &TrailArn,
    ) -> Result<(Self, Option<ObservedTrail>), Failure> {
        let cloudtrail = CloudTrail::new(context.aws, &desired.home_region);
        let deadline = context.deadline();
        let (organization, observed) =
            tokio::try_join!(context.aws.organization(deadline), cloudtrail.observe(arn, deadline))
                .map_err(|fault| failure(context, &fault, arn))?;
        let arn = arn.clone();
        Ok(Self::new(context, desired, Claim::ById, cloudtrail, arn, organization, observed))
    }

    /// Reads the organization and its trail with the desired name, which may replace the trail
    /// `replaced`. The other calls follow GetTrail, because usually no trail has that name.
    pub(super) async fn by_name(
        context: &'a RequestContext<'a>,
        desired: &'a DesiredTrail,
        replaced: Option<&TrailArn>,
    ) -> Result<(Self, Option<ObservedTrail>), Failure> {
        let (name, region) = (&desired.name, &desired.home_region);
        let cloudtrail = CloudTrail::new(context.aws, region);
        let deadline = context.deadline();
        // The ARN of the replaced trail contains the ID of the management account.
        let presumed = replaced.map(|replaced| trail_arn(replaced.account(), name, region));
        let trail = async {
            match &presumed {
                Some(arn) => cloudtrail.get(arn, deadline).await,
                None => cloudtrail.get(name, deadline).await,
            }
        };
        let (organization, trail) = tokio::try_join!(context.aws.organization(deadline), trail)
            .map_err(|fault| failure_by_name(context, &fault, name))?;
        let management = organization.management_account;
        let arn = trail_arn(management, name, region);
        // A name finds only trails of the caller's account. Another account than the management
        // account has to read an organization trail by its ARN.
        let was_read = match &presumed {
            Some(presumed) => *presumed == arn,
            None => context.caller == Some(management),
        };
        let observed = async {
            let trail = match trail.filter(|trail| trail.arn == arn) {
                None if !was_read => cloudtrail.get(&arn, deadline).await?,
                trail => trail,
            };
            match trail {
                Some(trail) => cloudtrail.observe_details(trail, deadline).await,
                None => Ok(None),
            }
        };
        let observed = observed.await.map_err(|fault| failure(context, &fault, &arn))?;
        Ok(Self::new(context, desired, Claim::ByName, cloudtrail, arn, organization, observed))
    }

    fn new(
        context: &'a RequestContext<'a>,
        desired: &'a DesiredTrail,
        claim: Claim,
        cloudtrail: CloudTrail,
        arn: TrailArn,
        organization: Organization,
        observed: Option<ObservedTrail>,
    ) -> (Self, Option<ObservedTrail>) {
        let owner = owner(context);
        let reconciler = Self { context, desired, claim, owner, cloudtrail, arn, organization };
        if let Some(Ownership::Ours { adopted: true }) = reconciler.ownership(observed.as_ref()) {
            // An earlier delivery of this request may have adopted the trail, so a failure from now
            // on must release it. That does no harm to a trail that was retained.
            context.progress.record(reconciler.arn.to_string());
        }
        (reconciler, observed)
    }

    pub(super) fn failure(&self, fault: &Fault) -> Failure {
        let circumstances = Context {
            trail: Some(&self.arn),
            organization: Some(&self.organization),
            settings: Some(&self.desired.settings),
            ..self.context.circumstances()
        };
        Failure::aws(fault, &circumstances)
    }

    /// The steps that [`Self::converge`] would execute.
    pub(super) fn preview(
        &self,
        observed: Option<&ObservedTrail>,
    ) -> Result<Vec<PlannedStep>, Refusal> {
        plan::preview(self.desired, observed, &self.owner, self.claim, &self.arn)
    }

    /// Plans and executes until the plan is empty.
    pub(super) async fn converge(
        &self,
        observed: Option<ObservedTrail>,
    ) -> Result<ObservedTrail, Box<PartialFailure>> {
        let partial = |failure, before, now, unclear| {
            Err(Box::new(PartialFailure { failure, before, now, unclear }))
        };
        let plan = |now: Option<&ObservedTrail>| {
            plan::converge(self.desired, now, &self.owner, self.claim)
        };
        let mut now = observed;
        let mut before = self.rollback_target(now.as_ref());
        let mut fresh = false;
        for _ in 0..MAX_PLANS {
            let steps = match plan(now.as_ref()) {
                Ok(steps) => steps,
                Err(refusal) => return partial(refusal.into(), before, now, false),
            };
            if let (true, Some(trail)) = (steps.is_empty(), &now) {
                return Ok(trail.clone());
            }
            tracing::info!(steps = %list(&steps), trail = %self.arn, "plan made");
            for step in steps {
                match self.execute(&step, fresh, now.clone()).await {
                    Ok(trail) => {
                        fresh |= matches!(step, TrailStep::Create { .. });
                        now = trail;
                    }
                    Err(fault) if fault.is_already_exists() => {
                        // The response to an earlier attempt was lost, or another caller created
                        // the trail. Its tags show which.
                        now = match self.wait_until_visible(&fault).await {
                            Ok(trail) => trail,
                            Err(failure) => return partial(failure, None, None, true),
                        };
                        before = self.rollback_target(now.as_ref());
                        break;
                    }
                    Err(fault) => {
                        let failure = match &step {
                            TrailStep::Update { .. } => {
                                self.failure(&fault).and(&format!("The call was {step}"))
                            }
                            _ => self.failure(&fault),
                        };
                        return partial(failure, before, now, may_have_taken_effect(&fault));
                    }
                }
            }
        }
        match now {
            Some(trail) if plan(Some(&trail)).is_ok_and(|steps| steps.is_empty()) => Ok(trail),
            now => {
                let failure = Failure::refusal(format!(
                    "the trail {} does not keep its new settings, because another administrator or \
                     tool changes it at the same time. Deploy again when that change is complete",
                    self.arn
                ));
                partial(failure, before, now, false)
            }
        }
    }

    pub(super) fn rollback_target(
        &self,
        observed: Option<&ObservedTrail>,
    ) -> Option<ObservedTrail> {
        plan::rollback_target(observed, &self.owner, self.context.request.issued_at).cloned()
    }

    /// The ownership of a trail, if there is one.
    pub(super) fn ownership(&self, trail: Option<&ObservedTrail>) -> Option<Ownership> {
        trail.map(|trail| self.owner.ownership_of(&trail.tags))
    }

    /// Executes one step and returns the new state.
    async fn execute(
        &self,
        step: &TrailStep,
        fresh: bool,
        now: Option<ObservedTrail>,
    ) -> Result<Option<ObservedTrail>, Fault> {
        // From now on there may be a trail to delete or to release, even if the response is lost.
        // Other steps change a trail that the resource had before, and a failure must not delete
        // that.
        match step {
            TrailStep::Create { .. } => self.context.progress.record(self.arn.to_string()),
            TrailStep::Tag(tags) if is_adopted(tags) => {
                self.context.progress.record(self.arn.to_string());
            }
            _ => {}
        }
        let deadline = Deadline { fresh, ..self.context.deadline() };
        let returned = self.cloudtrail.execute(&self.arn, step, deadline).await?;
        tracing::info!(%step, trail = %self.arn, "step completed");
        Ok(after(now, step, returned))
    }

    /// Reads a trail that exists according to the CreateTrail error `fault`, until GetTrail returns
    /// it.
    async fn wait_until_visible(&self, fault: &Fault) -> Result<Option<ObservedTrail>, Failure> {
        let deadline = self.context.deadline();
        let read = || async {
            let (observed, all) = tokio::try_join!(
                self.cloudtrail.observe(&self.arn, deadline),
                self.cloudtrail.list(deadline),
            )
            .map_err(|fault| self.failure(&fault))?;
            match all.iter().find(|other| is_shadowed_by(&self.arn, other)) {
                Some(other) if observed.is_none() => Err(Failure::refusal(format!(
                    "the name {} is already used in {} by the trail {other}, because a \
                     multi-Region trail uses its name in every Region. Change TrailName together \
                     with HomeRegion",
                    other.name(),
                    self.arn.region(),
                ))),
                Some(_) | None => Ok(observed),
            }
        };
        let observed = self.context.wait_until_visible(read).await?;
        observed.map(Some).ok_or_else(|| self.failure(fault))
    }
}

/// True if `other`, a trail with another home Region, may use the name of `arn` in its Region too.
fn is_shadowed_by(arn: &TrailArn, other: &TrailArn) -> bool {
    other.name() == arn.name() && other.account() == arn.account() && other.region() != arn.region()
}

/// True if a call that failed may have succeeded in AWS.
fn may_have_taken_effect(fault: &Fault) -> bool {
    match &fault.cause {
        Cause::Service { status, .. } => *status >= 500,
        Cause::TimedOut | Cause::Unreachable(_) | Cause::Unreadable => true,
        Cause::NotSent(_) | Cause::RoleNotAssumed { .. } => false,
    }
}

fn list(steps: &[TrailStep]) -> String {
    steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
