//! Connections: HTTP/1.1 over TLS, to AWS and for the answer to CloudFormation.
//!
//! One TLS configuration and one set of open connections for everything: a second one would read the
//! root certificates again at each cold start. Written over hyper's connections rather than taken from a
//! client such as reqwest's, which opens a connection only with a request to send on it;
//! docs/performance.md has what that costs.

mod roots;

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Method;
use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::uri::{Authority, Scheme, Uri};
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use self::roots::roots;
use crate::Variable;
use crate::transport::{NoResponse, Request, Response, Transport, host, usual_port};

/// The longest that opening a connection may take: name, TCP and TLS.
const CONNECTING: Duration = Duration::from_secs(3);

/// The longest that a rehearsal may take.
const REHEARSAL: Duration = Duration::from_secs(2);

/// How long an unused connection is taken for open. By the clock of the wall: the other one stands
/// still while Lambda has the function frozen, and AWS closes meanwhile.
const IDLE: Duration = Duration::from_secs(15);

/// The longest answer that is read, in bytes. AWS gives pages: of a thousand keys of a kilobyte at the
/// most.
const LONGEST: usize = 8 << 20;

/// Opens connections and keeps them; clones share them.
#[derive(Clone)]
pub struct Connections {
    inside: Arc<Inside>,
}

struct Inside {
    tls: TlsConnector,
    /// `HTTPS_PROXY`, `NO_PROXY` and the like.
    proxies: Matcher,
    idle: Mutex<HashMap<Origin, Vec<Idle>>>,
    rehearsing: AtomicBool,
}

/// A connection that waits for its next request.
struct Idle {
    sender: Sender,
    since: SystemTime,
}

type Sender = SendRequest<Full<Bytes>>;

type Problem = Box<dyn Error + Send + Sync>;

/// What a connection leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Origin {
    scheme: Scheme,
    authority: Authority,
}

/// Whatever bytes go through: TCP, TLS, or TLS within a proxy's tunnel.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Connections {
    /// Reads the machine's root certificates and the variables that name proxies.
    ///
    /// Cannot fail: without certificates the first connection does, and says so.
    pub fn from_environment(variable: Variable) -> Self {
        Self::new(roots(variable), Matcher::from_env())
    }

    fn new(roots: RootCertStore, proxies: Matcher) -> Self {
        let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .unwrap_or_else(|_| unreachable!("ring has suites for both versions of TLS"))
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            inside: Arc::new(Inside {
                tls: TlsConnector::from(Arc::new(tls)),
                proxies,
                idle: Mutex::default(),
                rehearsing: AtomicBool::new(false),
            }),
        }
    }

    /// Does `work` without sending anything: each of its requests opens a connection, which is kept, and
    /// is answered with `{}`. Lambda gives a whole core to do so before the first invocation, and at the
    /// smallest memory size a fourteenth of one from then on.
    pub async fn rehearse(&self, work: impl Future<Output = ()>) {
        let rehearsal = Rehearsal::begin(&self.inside.rehearsing);
        // Where there is no way to AWS, the answer to CloudFormation must not wait for it twice.
        let _ = timeout(REHEARSAL, work).await;
        drop(rehearsal);
    }

    async fn send_or_rehearse(&self, request: Request) -> Result<Response, NoResponse> {
        if !self.inside.rehearsing.load(Ordering::Relaxed) {
            return self.exchange(request).await;
        }
        let (origin, _) = addressed(request)?;
        let sender = self.connect(&origin).await?;
        self.keep(origin, sender);
        Ok(Response::new(Bytes::from_static(b"{}")))
    }

    async fn exchange(&self, request: Request) -> Result<Response, NoResponse> {
        let (origin, mut request) = addressed(request)?;
        // Of what an answer to CloudFormation is answered with, the status says all.
        let is_read = request.method() != Method::PUT;
        // Of the open ones some may have been closed by now; what did not go out goes on.
        while let Some(mut sender) = self.idle(&origin) {
            if sender.ready().await.is_err() {
                continue;
            }
            match sender.try_send_request(request).await {
                Ok(response) => return self.whole(origin, sender, response, is_read).await,
                Err(mut unsent) => match unsent.take_message() {
                    Some(message) => request = message,
                    None => return Err(lost(unsent.into_error())),
                },
            }
        }
        let mut sender = self.connect(&origin).await?;
        let response = sender.send_request(request).await.map_err(lost)?;
        self.whole(origin, sender, response, is_read).await
    }

    /// The answer; once it is read to its end, the connection can be used again.
    async fn whole(
        &self,
        origin: Origin,
        sender: Sender,
        response: http::Response<Incoming>,
        is_read: bool,
    ) -> Result<Response, NoResponse> {
        let (head, body) = response.into_parts();
        let reusable = is_read || body.is_end_stream();
        let body = if is_read {
            let body = Limited::new(body, LONGEST).collect().await;
            body.map_err(lost)?.to_bytes()
        } else {
            Bytes::new()
        };
        if reusable {
            self.keep(origin, sender);
        }
        Ok(Response::from_parts(head, body))
    }

    fn idle(&self, origin: &Origin) -> Option<Sender> {
        let mut idle = self.lock();
        let of_origin = idle.get_mut(origin)?;
        of_origin.retain(|idle| idle.since.elapsed().is_ok_and(|age| age < IDLE));
        Some(of_origin.pop()?.sender)
    }

    fn keep(&self, origin: Origin, sender: Sender) {
        let since = SystemTime::now();
        self.lock()
            .entry(origin)
            .or_default()
            .push(Idle { sender, since });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Origin, Vec<Idle>>> {
        self.inside
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self, origin: &Origin) -> Result<Sender, NoResponse> {
        let opening = async { speak(self.open(origin).await.map_err(lost)?).await };
        timeout(CONNECTING, opening).await.unwrap_or_else(|_| {
            let within = CONNECTING.as_secs();
            let problem = format!("no connection within {within} seconds");
            Err(NoResponse::TimedOut(problem))
        })
    }

    /// A stream to where an origin is, through a proxy where the environment says so.
    async fn open(&self, origin: &Origin) -> Result<Box<dyn Stream>, Problem> {
        let stream = match self.inside.proxies.intercept(&origin.uri()) {
            None => tcp(origin).await?,
            Some(proxy) => self.tunnel(&proxy, origin).await?,
        };
        self.secured(stream, origin).await
    }

    /// The stream with TLS in it, if its origin is one of https.
    async fn secured(
        &self,
        stream: Box<dyn Stream>,
        origin: &Origin,
    ) -> Result<Box<dyn Stream>, Problem> {
        if !origin.is_secure() {
            return Ok(stream);
        }
        let name = ServerName::try_from(origin.name().to_owned())?;
        Ok(Box::new(self.inside.tls.connect(name, stream).await?))
    }

    /// A stream through a proxy that is asked to CONNECT (RFC 9110, section 9.3.6).
    async fn tunnel(&self, proxy: &Intercept, origin: &Origin) -> Result<Box<dyn Stream>, Problem> {
        let uri = proxy.uri();
        let way = Origin {
            scheme: uri.scheme().cloned().unwrap_or(Scheme::HTTP),
            authority: uri.authority().ok_or("the proxy has no host")?.clone(),
        };
        let stream = self.secured(tcp(&way).await?, &way).await?;
        let to = format!("{}:{}", origin.authority.host(), origin.port());
        let mut request = http::Request::connect(&to).header(HOST, &to);
        if let Some(credentials) = proxy.basic_auth() {
            request = request.header(PROXY_AUTHORIZATION, credentials);
        }
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection.with_upgrades());
        let answer = sender.send_request(request.body(Empty::<Bytes>::new())?);
        let answer = answer.await?;
        if !answer.status().is_success() {
            let (proxy, status) = (way.authority, answer.status());
            return Err(format!("the proxy {proxy} answered {status}").into());
        }
        let tunnel = hyper::upgrade::on(answer).await?;
        Ok(Box::new(TokioIo::new(tunnel)))
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

impl Transport for Connections {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NoResponse>> {
        Box::pin(self.send_or_rehearse(request))
    }
}

/// A rehearsal, as long as it lasts: also where it is dropped before its end, since nothing would be sent
/// ever after.
struct Rehearsal<'a>(&'a AtomicBool);

impl<'a> Rehearsal<'a> {
    fn begin(rehearsing: &'a AtomicBool) -> Self {
        rehearsing.store(true, Ordering::Relaxed);
        Self(rehearsing)
    }
}

impl Drop for Rehearsal<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Origin {
    fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    fn port(&self) -> u16 {
        let named = self.authority.port_u16();
        named.unwrap_or_else(|| usual_port(&self.scheme))
    }

    /// The name or the address; that of IPv6 without its brackets.
    fn name(&self) -> &str {
        self.authority.host().trim_matches(['[', ']'])
    }

    fn uri(&self) -> Uri {
        let parts = Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone());
        parts.path_and_query("/").build().unwrap_or_default()
    }
}

/// Where a request goes, and what is sent there: its target without the origin, and `Host`.
fn addressed(request: Request) -> Result<(Origin, http::Request<Full<Bytes>>), NoResponse> {
    let (mut head, body) = request.into_parts();
    let host = host(&head.uri).and_then(|host| HeaderValue::from_str(host).ok());
    let uri = std::mem::take(&mut head.uri).into_parts();
    let (Some(host), Some(scheme), Some(authority)) = (host, uri.scheme, uri.authority) else {
        return Err(NoResponse::Unsendable("the request has no host".to_owned()));
    };
    let origin = Origin { scheme, authority };
    head.headers.insert(HOST, host);
    head.uri = uri.path_and_query.map_or_else(Uri::default, Uri::from);
    Ok((origin, http::Request::from_parts(head, Full::new(body))))
}

async fn tcp(origin: &Origin) -> Result<Box<dyn Stream>, Problem> {
    let stream = TcpStream::connect((origin.name(), origin.port())).await?;
    // A request is one small write or two; the second must not wait for an acknowledgement.
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

/// HTTP over a stream.
async fn speak(stream: Box<dyn Stream>) -> Result<Sender, NoResponse> {
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(lost)?;
    // How it ended, the request that was under way says.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// The beginning of a chain of causes: hyper's own levels say little.
fn lost(problem: impl Into<Problem>) -> NoResponse {
    let problem = problem.into();
    let mut cause: &dyn Error = &*problem;
    while let Some(source) = cause.source() {
        cause = source;
    }
    NoResponse::Disconnected(cause.to_string())
}

#[cfg(test)]
mod tests;
