//! As whom AWS is called.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::role::Session;
use crate::core::fault::Cause;

/// What requests are signed with. Prints as `Credentials(redacted)`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Says which credentials they are.
    pub key_id: String,
    /// What nobody but their owner and AWS knows.
    pub secret: String,
    /// Goes with those that end.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(redacted)")
    }
}

/// As whom calls are made.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    /// As the function's own role, if its environment has the credentials.
    Own(Option<Arc<Credentials>>),
    /// As another role, for one stack.
    Assumed(Arc<Session>),
}

impl Caller {
    /// The credentials that are good now. Boxed, since those of a role are asked for with a call, which
    /// is made with credentials.
    ///
    /// # Errors
    /// Why there are none.
    pub(super) fn credentials(&self) -> BoxFuture<'_, Result<Arc<Credentials>, Cause>> {
        match self {
            Self::Own(Some(credentials)) => ready(Ok(Arc::clone(credentials))).boxed(),
            Self::Own(None) => ready(Err(Cause::NotSent(
                "there are no credentials: Lambda sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and \
                 AWS_SESSION_TOKEN in the function's environment, and elsewhere they are to be set \
                 there"
                    .to_owned(),
            )))
            .boxed(),
            Self::Assumed(session) => session.credentials().boxed(),
        }
    }
}
