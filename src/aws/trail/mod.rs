//! CloudTrail's calls for an organization trail: those that look are here, those that change it in
//! [`changes`]; what goes in and comes out is written and read in `inputs` and `answers`.

pub(super) mod answers;
pub mod changes;
mod inputs;

use std::collections::BTreeSet;

use futures_util::TryStreamExt;

use super::Aws;
use super::call::{Patience, unreadable};
use super::client::Client;
use super::json::input;
use crate::core::arn::{Region, TrailArn, TrailName};
use crate::core::fault::Fault;
use crate::core::operation::Operation;
use crate::core::owner::{self, Tags};
use crate::core::trail::ObservedTrail;
use crate::core::trail::settings::{Aggregation, Configuration, Recording};

/// CloudTrail in one Region: the home Region of the trails that are looked at and changed.
#[derive(Debug, Clone)]
pub struct Trails {
    client: Client,
}

/// What GetTrail says of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTrail {
    /// As CloudTrail returned it.
    pub arn: TrailArn,
    /// How it is set up.
    pub configuration: Configuration,
}

/// What the other calls say of it.
struct Rest {
    recording: Recording,
    tags: Tags,
    started_logging: Option<i64>,
}

impl Rest {
    fn of(self, found: FoundTrail) -> ObservedTrail {
        let FoundTrail { arn, configuration } = found;
        let key = configuration.kms_key.as_deref();
        let kms_alias = key.and_then(|key| owner::kms_alias(&self.tags, key));
        ObservedTrail {
            arn,
            kms_alias: kms_alias.map(str::to_owned),
            configuration,
            recording: self.recording,
            tags: self.tags,
            started_logging: self.started_logging,
        }
    }
}

/// What is not there is `None`, not an error.
fn found<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if fault.is_not_found() => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl Trails {
    /// CloudTrail in `region`.
    pub fn new(aws: &Aws, region: &Region) -> Self {
        Self {
            client: aws.cloudtrail(region),
        }
    }

    /// The caller's own trail of this name in this Region.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn find(
        &self,
        name: &TrailName,
        patience: Patience,
    ) -> Result<Option<FoundTrail>, Fault> {
        self.get(name.as_str(), patience).await
    }

    /// The trail with this ARN.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn look(
        &self,
        arn: &TrailArn,
        patience: Patience,
    ) -> Result<Option<FoundTrail>, Fault> {
        self.get(&arn.to_string(), patience).await
    }

    /// The account's trails of all Regions: unlike DescribeTrails, ListTrails does not leave out
    /// what only another Region has.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn all(&self, patience: Patience) -> Result<Vec<TrailArn>, Fault> {
        let pages = self.client.clone().list(
            Operation::ListTrails,
            input([]),
            patience,
            |page: answers::TrailsPage| {
                let trails = page.trails.unwrap_or_default();
                let arns = trails.iter().filter_map(answers::ListedTrail::arn);
                (arns.collect(), page.next_token)
            },
        );
        pages.try_concat().await
    }

    /// All of a trail, with all reads under way at once.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn observe(
        &self,
        arn: &TrailArn,
        patience: Patience,
    ) -> Result<Option<ObservedTrail>, Fault> {
        let (found, rest) = tokio::try_join!(self.look(arn, patience), self.rest(arn, patience))?;
        Ok(found.zip(rest).map(|(found, rest)| rest.of(found)))
    }

    /// All of a trail that was found, with all other reads under way at once; `None` where it is
    /// gone meanwhile.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn observe_rest(
        &self,
        found: FoundTrail,
        patience: Patience,
    ) -> Result<Option<ObservedTrail>, Fault> {
        let rest = self.rest(&found.arn, patience).await?;
        Ok(rest.map(|rest| rest.of(found)))
    }

    /// What GetTrail does not say.
    async fn rest(&self, arn: &TrailArn, patience: Patience) -> Result<Option<Rest>, Fault> {
        let id = &arn.to_string();
        let (status, selectors, insights, aggregation, tags) = tokio::try_join!(
            self.raw_status(arn, patience),
            async {
                let input = input([("TrailName", id.as_str().into())]);
                let selectors = self
                    .client
                    .ask(Operation::GetEventSelectors, &input, patience);
                found(selectors.await)
            },
            self.insights(id, patience),
            self.aggregation(id, patience),
            self.tags(arn, patience),
        )?;
        let (Some(status), Some(selectors), Some(tags)) = (status, selectors, tags) else {
            return Ok(None);
        };
        Ok(Some(Rest {
            recording: Recording {
                logging: status.is_logging.unwrap_or(false),
                selectors: answers::selectors(selectors),
                insights,
                aggregation,
            },
            tags,
            started_logging: status.start_logging_time.map(answers::Timestamp::seconds),
        }))
    }

    /// A trail's tags, and when it last began to log, in seconds since 1970; `None` where there is
    /// no such trail.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn tags_and_start(
        &self,
        arn: &TrailArn,
        patience: Patience,
    ) -> Result<Option<(Tags, Option<i64>)>, Fault> {
        let (tags, status) =
            tokio::try_join!(self.tags(arn, patience), self.raw_status(arn, patience))?;
        let started =
            status.map(|status| status.start_logging_time.map(answers::Timestamp::seconds));
        Ok(tags.zip(started))
    }

    pub(super) async fn raw_status(
        &self,
        arn: &TrailArn,
        patience: Patience,
    ) -> Result<Option<answers::TrailStatus>, Fault> {
        let input = input([("Name", arn.to_string().into())]);
        let status = self.client.ask(Operation::GetTrailStatus, &input, patience);
        found(status.await)
    }

    async fn get(&self, id: &str, patience: Patience) -> Result<Option<FoundTrail>, Fault> {
        const OPERATION: Operation = Operation::GetTrail;
        let input = input([("Name", id.into())]);
        let answer = found(self.client.ask(OPERATION, &input, patience).await)?;
        let Some(trail) = answer.and_then(|answer: answers::GotTrail| answer.trail) else {
            return Ok(None);
        };
        let arn = trail.trail_arn.as_deref().and_then(TrailArn::parse);
        Ok(Some(FoundTrail {
            arn: arn.ok_or_else(|| unreadable(OPERATION))?,
            configuration: answers::configuration(trail),
        }))
    }

    async fn insights(
        &self,
        id: &str,
        patience: Patience,
    ) -> Result<BTreeSet<(String, String)>, Fault> {
        let input = input([("TrailName", id.into())]);
        let answer = self
            .client
            .ask(Operation::GetInsightSelectors, &input, patience);
        match answer.await {
            Ok(answer) => Ok(answers::insights(answer)),
            // How CloudTrail says "none".
            Err(fault) if fault.is_not_found() || fault.code() == "InsightNotEnabled" => {
                Ok(BTreeSet::new())
            }
            Err(fault) => Err(fault),
        }
    }

    async fn aggregation(
        &self,
        id: &str,
        patience: Patience,
    ) -> Result<Option<Aggregation>, Fault> {
        let input = input([("TrailName", id.into())]);
        let answer = self
            .client
            .ask(Operation::GetEventConfiguration, &input, patience);
        match answer.await {
            Ok(answer) => Ok(answers::aggregation(answer)),
            // Where a Region or partition does not offer it yet, no trail has it.
            Err(fault)
                if fault.is_not_found()
                    || matches!(fault.code(), "UnsupportedOperation" | "UnknownOperation") =>
            {
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// A trail's tags; `None` where there is no such trail.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn tags(&self, arn: &TrailArn, patience: Patience) -> Result<Option<Tags>, Fault> {
        let ids = vec![arn.to_string()];
        let pages = self.client.clone().list(
            Operation::ListTags,
            input([("ResourceIdList", ids.into())]),
            patience,
            |page: answers::TagsPage| {
                let resources = page.resource_tag_list.unwrap_or_default().into_iter();
                (resources.flat_map(answers::tags).collect(), page.next_token)
            },
        );
        let tags: Result<Vec<_>, Fault> = pages.try_concat().await;
        Ok(found(tags)?.map(Tags::from_iter))
    }
}
