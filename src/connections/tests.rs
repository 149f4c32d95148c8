use std::sync::atomic::AtomicUsize;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// A server that answers every request with the same bytes, and remembers what it saw.
#[derive(Clone, Default)]
struct Server {
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts one; `lasting`: how many requests a connection is good for, of which the last is told.
    async fn start(answer: &'static str, lasting: usize) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let server = Self::default();
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serving.clone().serve(stream, answer, lasting));
            }
        });
        (server, address)
    }

    async fn serve(self, mut stream: TcpStream, answer: &'static str, lasting: usize) {
        for left in (0..lasting).rev() {
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => request.push(byte.into()),
                    Err(_) => return,
                }
            }
            self.requests.lock().expect("no panic").push(request);
            let close = if left == 0 {
                "\r\nconnection: close\r\n\r\n"
            } else {
                "\r\n\r\n"
            };
            let answer = answer.replacen("\r\n\r\n", close, 1);
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn direct() -> Connections {
    Connections::new(RootCertStore::empty(), Matcher::builder().build())
}

fn request(method: &str, url: &str) -> Request {
    let request = http::Request::builder().method(method).uri(url);
    request.body(Bytes::new()).expect("a request")
}

async fn get(connections: &Connections, url: &str) -> Result<Response, NoResponse> {
    connections.send(request("GET", url)).await
}

fn is_broken(problem: &Result<Response, NoResponse>) -> bool {
    matches!(problem, Err(NoResponse::Disconnected(_)))
}

#[tokio::test]
async fn a_request_has_its_target_byte_for_byte_and_the_host_that_is_signed() {
    let (server, address) = Server::start(OK, 1).await;
    let answer = get(&direct(), &format!("http://{address}/a%7Cb?c=%3A+%2f")).await;
    assert_eq!(answer.expect("an answer").body(), "{}");
    assert_eq!(
        server.requests(),
        [format!(
            "GET /a%7Cb?c=%3A+%2f HTTP/1.1\r\nhost: {address}\r\n\r\n"
        )]
    );
    for (url, signed) in [
        ("https://example.com/", "example.com"),
        ("https://example.com:443/", "example.com"),
        ("https://example.com:8443/", "example.com:8443"),
        ("http://example.com:80/", "example.com"),
        ("http://example.com:443/", "example.com:443"),
    ] {
        let (_, request) = addressed(request("GET", url)).expect("addressed");
        assert_eq!(request.headers()[HOST], signed, "{url}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again_as_long_as_it_is_open() {
    let (server, address) = Server::start(OK, 3).await;
    let (connections, url) = (direct(), format!("http://{address}/"));
    for used in 1..=6 {
        get(&connections, &url).await.expect("an answer");
        // The third answer closes a connection; the next request goes through another.
        assert_eq!(server.connections(), 1 + (used - 1) / 3, "{used}");
    }
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn of_the_answer_to_a_put_only_the_head_is_read() {
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nnever more than this";
    let (server, address) = Server::start(endless, 2).await;
    let (connections, url) = (direct(), format!("http://{address}/"));
    for used in 1..=2 {
        let answer = connections.send(request("PUT", &url)).await;
        assert_eq!(answer.expect("an answer").status().as_u16(), 200);
        assert_eq!(
            server.connections(),
            used,
            "what is not read to its end is not used again"
        );
    }
}

#[tokio::test]
async fn an_answer_that_ends_early_or_never_is_no_answer() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    let (_server, address) = Server::start(half, 1).await;
    let problem = get(&direct(), &format!("http://{address}/")).await;
    assert!(is_broken(&problem), "{problem:?}");

    let long = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}",
        LONGEST + 1,
        "x".repeat(LONGEST + 1)
    );
    let (_server, address) = Server::start(long.leak(), 1).await;
    let problem = get(&direct(), &format!("http://{address}/")).await;
    assert!(is_broken(&problem), "{problem:?}");
}

#[tokio::test]
async fn a_rehearsal_connects_and_sends_nothing() {
    let (server, address) = Server::start(OK, 2).await;
    let (connections, url) = (direct(), format!("http://{address}/"));
    let answer = async { get(&connections, &url).await.expect("an answer") };
    connections
        .rehearse(async { assert_eq!(answer.await.body(), "{}") })
        .await;
    assert_eq!(server.requests().len(), 0);
    get(&connections, &url).await.expect("an answer");
    assert_eq!((server.requests().len(), server.connections()), (1, 1));
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_with_its_credentials() {
    // What is in the tunnel is answered by the same server.
    let (server, address) = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 2).await;
    let proxies = Matcher::builder().all(format!("http://user:secret@{address}"));
    let connections =
        Connections::new(RootCertStore::empty(), proxies.no("direct.example").build());
    get(&connections, "http://cloudtrail.example/")
        .await
        .expect("an answer");
    let requests = server.requests();
    let [connect, inside] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert!(
        connect.starts_with("CONNECT cloudtrail.example:80 HTTP/1.1\r\n"),
        "{connect}"
    );
    assert!(
        connect.contains("proxy-authorization: Basic dXNlcjpzZWNyZXQ=\r\n"),
        "{connect}"
    );
    assert_eq!(inside, "GET / HTTP/1.1\r\nhost: cloudtrail.example\r\n\r\n");

    let past = Origin {
        scheme: Scheme::HTTPS,
        authority: Authority::from_static("direct.example"),
    };
    assert!(connections.inside.proxies.intercept(&past.uri()).is_none());
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_without_its_credentials() {
    let (_server, address) = Server::start("HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n", 1).await;
    let proxies = Matcher::builder().all(format!("http://user:secret@{address}"));
    let connections = Connections::new(RootCertStore::empty(), proxies.build());
    let problem = get(&connections, "https://cloudtrail.example/").await;
    let problem = problem.expect_err("refused").to_string();
    assert!(
        problem.contains(&address) && problem.contains("407"),
        "{problem}"
    );
    assert!(!problem.contains("secret"), "{problem}");
}

#[tokio::test]
async fn nobody_there_is_a_fault_of_the_network_and_no_host_one_of_the_request() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = nobody.local_addr().expect("an address");
    drop(nobody);
    let problem = get(&direct(), &format!("http://{address}/")).await;
    assert!(is_broken(&problem), "{problem:?}");
    let problem = get(&direct(), "/nowhere").await;
    assert!(
        matches!(problem, Err(NoResponse::Unsendable(_))),
        "{problem:?}"
    );
}
