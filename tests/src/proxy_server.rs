//! An HTTP proxy that looks no name up: all that goes through it reaches one server on this machine, so that a test can
//! call hosts that do not exist.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

use crate::loopback::{Loopback, authority};

/// The longest head of a request that is read.
const LONGEST_HEAD: usize = 64 * 1024;

/// A proxy for tunnels (`CONNECT`) and for plain HTTP (a whole URL in the request line).
#[derive(Debug)]
pub struct ProxyServer {
    loopback: Loopback,
    proxy: Arc<Proxy>,
}

#[derive(Debug)]
struct Proxy {
    target: String,
    demanded: Option<String>,
    heads: Mutex<Vec<String>>,
}

impl ProxyServer {
    /// Starts a proxy that everybody may use. Everything goes to the server at the address `target`.
    pub async fn start(target: &str) -> io::Result<Self> {
        Self::open(target, None).await
    }

    /// Starts a proxy that answers 407 unless this `Proxy-Authorization` comes along, such as `Basic dXNlcjpwYXNz`.
    pub async fn demanding(target: &str, authorization: &str) -> io::Result<Self> {
        Self::open(target, Some(authorization.to_owned())).await
    }

    async fn open(target: &str, demanded: Option<String>) -> io::Result<Self> {
        let proxy = Arc::new(Proxy { target: authority(target), demanded, heads: Mutex::default() });
        let serving = Arc::clone(&proxy);
        let loopback = Loopback::listen(move |stream, _| {
            let proxy = Arc::clone(&serving);
            async move { proxy.serve(stream).await }
        });
        Ok(Self { loopback: loopback.await?, proxy })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.loopback.port())
    }

    /// Where it is, with credentials: a user's name, a colon and a password, percent-encoded.
    pub fn url_for(&self, user: &str) -> String {
        format!("http://{user}@127.0.0.1:{}", self.loopback.port())
    }

    /// What it was asked for, in order: method and target, such as `CONNECT api.example.test:443`.
    pub fn asked(&self) -> Vec<String> {
        let asked =
            |head: &String| head.lines().next().map(|line| line.trim_end_matches(" HTTP/1.1").to_owned());
        self.heads().iter().filter_map(asked).collect()
    }

    /// The heads of those requests as they came: all that it saw of a tunnel's traffic.
    pub fn heads(&self) -> Vec<String> {
        self.proxy.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Proxy {
    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let (head, rest) = read_head(&mut client).await?;
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
        let shown = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim())
        });
        if self.demanded.is_some() && shown != self.demanded.as_deref() {
            let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"proxy\"\r\n\
                           content-length: 0\r\nconnection: close\r\n\r\n";
            client.write_all(refusal.as_bytes()).await?;
            client.shutdown().await?;
            // Closing with unread bytes would be a reset, and the answer might be lost in it.
            return tokio::io::copy(&mut client, &mut tokio::io::sink()).await.map(drop);
        }
        let mut server = TcpStream::connect(&self.target).await?;
        if head.starts_with("CONNECT ") {
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
        } else {
            server.write_all(relative(&head)?.as_bytes()).await?;
        }
        server.write_all(&rest).await?;
        copy_bidirectional(&mut client, &mut server).await.map(drop)
    }
}

/// Reads up to the empty line, and whatever came with it.
async fn read_head(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        if bytes.len() > LONGEST_HEAD || stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::Error::other("this is no HTTP"));
        }
    }
}

/// The head as a server gets it: with a path for a target, and the last one on its connection, so that the next request
/// is read here again.
fn relative(head: &str) -> io::Result<String> {
    let parts = || {
        let (method, rest) = head.split_once(' ')?;
        let (url, rest) = rest.split_once(" HTTP/1.1\r\n")?;
        let path =
            url.strip_prefix("http://")?.find('/').map_or("/", |start| &url["http://".len() + start..]);
        Some(format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n{rest}"))
    };
    parts().ok_or_else(|| io::Error::other("this is no request for a proxy"))
}
