//! The one HTTP/1.1 server that every part of the simulator listens with, also over TLS.

use std::{convert::Infallible, future::Future, net::SocketAddr, sync::Arc};

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

use crate::tls::Authority;

pub use hyper::body::Bytes;

/// A request with its whole body read.
pub type WholeRequest = Request<Bytes>;

/// The reaction of a handler to a request on a connection.
#[derive(Debug)]
pub enum Reply {
    /// Send this response.
    Send(Response<Bytes>),
    /// Close the connection without a response.
    Reset,
    /// Keep the connection open and never respond.
    Hang,
}

/// Listens on `port` of 127.0.0.1 (0: a free one), over TLS with a certificate of `authority` if
/// there is one, and responds with `handler` until the returned server is dropped.
///
/// # Errors
/// When the port is taken.
pub async fn listen<H, F>(
    port: u16,
    authority: Option<&Authority>,
    handler: H,
) -> std::io::Result<Server>
where
    H: Fn(WholeRequest) -> F + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let acceptor = authority.map(Authority::acceptor);
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let handler = Arc::new(handler);
    let accepting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // As servers do: held back until what came before is acknowledged, a response that
            // follows a handshake would take another 40 ms. It fails if the client is gone already.
            let _ = stream.set_nodelay(true);
            let (acceptor, handler) = (acceptor.clone(), Arc::clone(&handler));
            tokio::spawn(async move {
                match acceptor {
                    None => serve(stream, handler).await,
                    // A client that gives up in the handshake sends no request.
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, handler).await;
                        }
                    }
                }
            });
        }
    });
    Ok(Server { scheme, address, accepting })
}

async fn serve<S, H, F>(stream: S, handler: Arc<H>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    H: Fn(WholeRequest) -> F,
    F: Future<Output = Reply>,
{
    let service = service_fn(|request| response(&*handler, request));
    // It ends with an error if a reply is to close the connection: hyper closes the socket when a
    // service fails.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn response<H, F>(
    handler: &H,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::io::Error>
where
    H: Fn(WholeRequest) -> F,
    F: Future<Output = Reply>,
{
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    match handler(Request::from_parts(parts, body)).await {
        Reply::Send(response) => Ok(response.map(Full::new)),
        Reply::Reset => Err(std::io::ErrorKind::ConnectionReset.into()),
        Reply::Hang => match std::future::pending::<Infallible>().await {},
    }
}

/// A listening server; dropping it stops it from accepting.
#[derive(Debug)]
pub struct Server {
    scheme: &'static str,
    address: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

impl Server {
    /// `127.0.0.1:<port>`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:<port>`, or `https:` over TLS.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
