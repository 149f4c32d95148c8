//! The one HTTP/1.1 server that every part of the simulator listens with, also over
//! TLS.

use std::{convert::Infallible, future::Future, net::SocketAddr};

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

use crate::tls::Authority;

pub use hyper::body::Bytes;

/// A request with its whole body read.
pub type WholeRequest = Request<Bytes>;

/// What a handler does with a connection.
#[derive(Debug)]
pub enum Reply {
    /// Send this response.
    Send(Response<Bytes>),
    /// Close the connection without a response.
    Reset,
    /// Keep the connection open and never answer.
    Hang,
}

/// Listens on a free port of 127.0.0.1 (or on `port`) and answers with `handler` until the returned
/// server is dropped.
///
/// # Errors
/// When the port is taken.
pub async fn listen<H, F>(port: u16, handler: H) -> std::io::Result<Server>
where
    H: Fn(WholeRequest) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let accepting = tokio::spawn(async move {
        while let Ok(stream) = accept(&listener).await {
            tokio::spawn(serve(stream, handler.clone()));
        }
    });
    Ok(Server {
        scheme: "http",
        address,
        accepting,
    })
}

/// The same over TLS, with a certificate of `authority`'s.
///
/// # Errors
/// When no port can be had.
pub async fn listen_over_tls<H, F>(authority: &Authority, handler: H) -> std::io::Result<Server>
where
    H: Fn(WholeRequest) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let acceptor = authority.acceptor();
    let accepting = tokio::spawn(async move {
        while let Ok(stream) = accept(&listener).await {
            let (handshake, handler) = (acceptor.accept(stream), handler.clone());
            tokio::spawn(async move {
                // A client that gives up in the handshake sends no request.
                if let Ok(stream) = handshake.await {
                    serve(stream, handler).await;
                }
            });
        }
    });
    Ok(Server {
        scheme: "https",
        address,
        accepting,
    })
}

/// The next connection. What is written to it is sent at once, as servers do: held back until what
/// came before is acknowledged, an answer that follows a handshake would take another 40 ms.
async fn accept(listener: &TcpListener) -> std::io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    // It fails where the client is gone already, which shows when it is read from.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn serve<S, H, F>(stream: S, handler: H)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    H: Fn(WholeRequest) -> F + Clone,
    F: Future<Output = Reply>,
{
    let service = service_fn(move |request| answer(handler.clone(), request));
    // It ends with an error where a reply is to close the connection.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
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

/// The connection is gone: hyper closes the socket when a service fails.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the simulator closed the connection on purpose")
    }
}

impl std::error::Error for Closed {}

async fn answer<H, F>(
    handler: H,
    request: Request<hyper::body::Incoming>,
) -> Result<Response<Full<Bytes>>, Closed>
where
    H: Fn(WholeRequest) -> F,
    F: Future<Output = Reply>,
{
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    match handler(Request::from_parts(parts, body)).await {
        Reply::Send(response) => Ok(response.map(Full::new)),
        Reply::Reset => Err(Closed),
        Reply::Hang => std::future::pending::<Result<_, Infallible>>()
            .await
            .map_err(|_| Closed),
    }
}
