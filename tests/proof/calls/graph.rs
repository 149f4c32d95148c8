//! What a flow needs of AWS at the least: calls, and what each has to wait for.

use std::collections::BTreeMap;

use orgtrail::domain::operation::Operation;

/// The calls of one round: those that nothing keeps from being made at the same time, and how many
/// there are of each.
pub type Round = BTreeMap<String, usize>;

/// The least: a graph whose nodes are calls, each with why it is needed, and whose edges are what has
/// to be answered before, with why.
#[derive(Debug, Clone, Default)]
pub struct Least {
    pub needs: Vec<Need>,
}

/// A call, or several that are alike.
#[derive(Debug, Clone)]
pub struct Need {
    pub operation: Operation,
    pub times: usize,
    /// Why it cannot be left out.
    pub because: &'static str,
    /// What has to be answered before.
    pub after: Vec<Answer>,
    /// Why it cannot be made before that.
    pub waits: &'static str,
}

/// The answer to a call of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer(usize);

impl Least {
    /// A call that needs no other's answer.
    pub fn call(&mut self, operation: Operation, because: &'static str) -> Answer {
        self.add(operation, because, &[], "")
    }

    /// A call that needs the answers to others.
    pub fn then(
        &mut self,
        after: &[Answer],
        waits: &'static str,
        operation: Operation,
        because: &'static str,
    ) -> Answer {
        assert!(!after.is_empty() && !waits.is_empty(), "{operation}");
        self.add(operation, because, after, waits)
    }

    /// The last call so many times.
    pub fn times(&mut self, times: usize) {
        self.needs.last_mut().expect("a call").times = times;
    }

    fn add(
        &mut self,
        operation: Operation,
        because: &'static str,
        after: &[Answer],
        waits: &'static str,
    ) -> Answer {
        assert!(!because.is_empty(), "{operation}");
        self.needs.push(Need {
            operation,
            times: 1,
            because,
            after: after.to_vec(),
            waits,
        });
        Answer(self.needs.len() - 1)
    }

    /// How many calls there are.
    pub fn calls(&self) -> usize {
        self.needs.iter().map(|need| need.times).sum()
    }

    /// The calls, each in the first round in which all is there that it waits for. There are as many
    /// rounds as the longest chain has calls.
    pub fn rounds(&self) -> Vec<Round> {
        let mut rounds: Vec<Round> = Vec::new();
        let mut round_of: Vec<usize> = Vec::new();
        for need in &self.needs {
            // A call is added after those that it waits for, so there are no circles.
            let before = need.after.iter().map(|answer| round_of[answer.0] + 1);
            let round = before.max().unwrap_or(0);
            round_of.push(round);
            if rounds.len() <= round {
                rounds.resize_with(round + 1, Round::new);
            }
            *rounds[round].entry(need.operation.to_string()).or_default() += need.times;
        }
        rounds
    }
}

#[test]
fn the_least_is_the_longest_chain_and_all_calls() {
    let mut least = Least::default();
    let organization = least.call(Operation::DescribeOrganization, "a");
    let trail = least.call(Operation::GetTrail, "b");
    let create = least.then(&[trail], "c", Operation::CreateTrail, "d");
    least.then(&[organization, create], "e", Operation::StartLogging, "f");
    least.then(&[organization], "g", Operation::ListTags, "h");
    least.times(3);
    assert_eq!(least.calls(), 7);
    let round = |calls: &[(&str, usize)]| -> Round {
        let calls = calls.iter();
        calls
            .map(|(name, times)| ((*name).to_owned(), *times))
            .collect()
    };
    assert_eq!(
        least.rounds(),
        [
            round(&[("DescribeOrganization", 1), ("GetTrail", 1)]),
            round(&[("CreateTrail", 1), ("ListTags", 3)]),
            round(&[("StartLogging", 1)]),
        ]
    );
}
