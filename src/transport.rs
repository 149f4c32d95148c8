//! The seam between what is said and how it travels: a request over HTTP, and its response.
//!
//! AWS is called through it, and CloudFormation answered. Behind it are connections, and in tests
//! whatever stands for the network.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Uri;
use http::uri::Scheme;

/// A request with an absolute URI and all of its body.
pub type Request = http::Request<Bytes>;

/// A response with all of its body.
pub type Response = http::Response<Bytes>;

/// What the `Host` header of a request to `uri` says: the port only where it is not the scheme's own
/// (RFC 9110, section 7.2). AWS's signatures are for this text, so that who signs and who
/// sends both ask here.
pub fn host(uri: &Uri) -> Option<&str> {
    let authority = uri.authority()?;
    let usual = usual_port(uri.scheme()?);
    Some(match authority.port_u16() {
        Some(port) if port != usual => authority.as_str(),
        _ => authority.host(),
    })
}

/// The port of a scheme where a URI names none.
pub fn usual_port(scheme: &Scheme) -> u16 {
    if *scheme == Scheme::HTTPS { 443 } else { 80 }
}

/// What a request is sent with.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends a request once.
    ///
    /// # Errors
    /// Why nothing came back. What came back is a response, whatever its status.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NoResponse>>;
}

/// What everybody sends with.
pub type SharedTransport = Arc<dyn Transport>;

/// Why there is no response. May say where the request was to go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoResponse {
    /// The request cannot be sent, at no time and to nobody.
    #[error("{0}")]
    Unsendable(String),
    /// Nobody answered in time.
    #[error("{0}")]
    TimedOut(String),
    /// There was no connection, or it broke.
    #[error("{0}")]
    Disconnected(String),
}
