//! Proxies: which calls go through one, what it learns, and what a refusal of it means. Each call is made in a process of its
//! own, since the environment has its say in all of this. Every test that sends asserts on the ledger.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tidings::{Client, ErrorKind};
use tidings_tests::{ACCEPTED, Authority, OneCall, Outcome, ProxyServer, TEXT, TO, Tls, TlsServer, World};
use tokio::net::TcpListener;

/// A host that no name server knows, but every proxy here.
const URL: &str = "https://api.example.test";
/// The same without TLS.
const PLAIN_URL: &str = "http://api.example.test";
/// A user and a password that need percent-encoding, as in a URL and in clear.
const USER: (&str, &str) = ("user:p%40ss%2Fw%3Ard", "user:p@ss/w:rd");
/// What no text may show of that password.
const PASSWORDS: [&str; 2] = ["p%40ss", "p@ss"];

const REFUSED: (Option<&str>, u64, bool) = (Some("connect"), 1, false);
/// Tried as often as it may be.
const UNREACHABLE: (Option<&str>, u64, bool) = (Some("connect"), 4, false);

/// A world behind a TLS front that goes by one name.
struct Setting {
    world: World,
    authority: Authority,
    front: TlsServer,
}

impl Setting {
    async fn new(host: &str) -> Self {
        let (world, authority) = (World::new().await.unwrap(), Authority::new().unwrap());
        let identity = authority.server(host).unwrap();
        let front = TlsServer::start(world.sandbox.url(), Tls::new(&identity)).await.unwrap();
        Self { world, authority, front }
    }

    /// `0.0.0.0` reaches this machine, and is none of the addresses that never go through a proxy.
    async fn elsewhere() -> (Self, String) {
        let setting = Self::new("0.0.0.0").await;
        let url = setting.front.url_as("0.0.0.0");
        (setting, url)
    }

    async fn proxy(&self) -> ProxyServer {
        ProxyServer::start(&self.front.url()).await.unwrap()
    }

    async fn demanding_proxy(&self) -> ProxyServer {
        ProxyServer::demanding(&self.front.url(), &authorization()).await.unwrap()
    }

    /// Sends the text and lists the apps.
    async fn call(&self, url: &str, prepare: impl Fn(OneCall) -> OneCall) -> [Outcome; 2] {
        let program = env!("CARGO_BIN_EXE_one-call");
        let prepare = |call: OneCall| prepare(call.ca_certs(&self.authority.pem()));
        [
            prepare(OneCall::send(program, &self.world, url)).outcome().await.unwrap(),
            prepare(OneCall::list(program, &self.world, url)).outcome().await.unwrap(),
        ]
    }

    /// Both calls end like this.
    async fn ends(
        &self,
        url: &str,
        expected: (Option<&str>, u64, bool),
        prepare: impl Fn(OneCall) -> OneCall,
    ) {
        for outcome in self.call(url, prepare).await {
            assert_eq!(outcome.short(), expected, "{outcome:?}");
            for password in PASSWORDS {
                assert!(!outcome.shown.contains(password), "{outcome:?}");
            }
        }
    }

    async fn arrivals(&self) -> usize {
        self.world.arrivals().await.unwrap()
    }
}

fn authorization() -> String {
    format!("Basic {}", BASE64_STANDARD.encode(USER.1))
}

/// An address that nobody listens on.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_proxy_of_the_environment_carries_the_calls_and_the_text_arrives_once() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let setting = Setting::new("api.example.test").await;
        let proxy = setting.proxy().await;
        setting.ends(URL, ACCEPTED, |call| call.env(variable, proxy.url())).await;
        assert_eq!(proxy.asked(), ["CONNECT api.example.test:443"; 2], "{variable}");
        assert_eq!(setting.arrivals().await, 1);
    }
}

#[tokio::test]
async fn a_proxy_of_the_configuration_carries_the_calls_instead_of_the_environments() {
    let setting = Setting::new("api.example.test").await;
    let (proxy, other) = (setting.proxy().await, setting.proxy().await);
    setting.ends(URL, ACCEPTED, |call| call.proxy(&proxy.url()).env("HTTPS_PROXY", other.url())).await;
    assert_eq!((proxy.asked().len(), other.asked().len()), (2, 0));
    assert_eq!(setting.arrivals().await, 1);
}

#[tokio::test]
async fn a_proxy_over_tls_carries_the_calls() {
    let setting = Setting::new("api.example.test").await;
    let proxy = setting.proxy().await;
    let identity = setting.authority.server("localhost").unwrap();
    let front = TlsServer::start(&proxy.url(), Tls::new(&identity)).await.unwrap();
    setting.ends(URL, ACCEPTED, |call| call.proxy(&front.url())).await;
    assert_eq!(proxy.asked(), ["CONNECT api.example.test:443"; 2]);
    assert_eq!(setting.arrivals().await, 1);
}

#[tokio::test]
async fn a_proxy_sees_host_and_port_and_nothing_of_the_call() {
    let setting = Setting::new("api.example.test").await;
    let proxy = setting.demanding_proxy().await;
    setting.ends(URL, ACCEPTED, |call| call.proxy(&proxy.url_for(USER.0))).await;
    let heads = proxy.heads();
    assert_eq!(heads.len(), 2);
    for head in heads {
        let names: Vec<_> = head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0)).collect();
        let open = |name: &&str| {
            ["host", "user-agent", "proxy-authorization"].contains(&name.to_ascii_lowercase().as_str())
        };
        assert!(names.iter().all(open), "{head}");
        for secret in [setting.world.sandbox.key_secret(), TO, TEXT, &setting.world.app_id] {
            assert!(!head.contains(secret), "{head}");
        }
    }
}

#[tokio::test]
async fn a_plain_call_is_passed_on_by_the_proxy_and_the_text_arrives_once() {
    let setting = Setting::new("api.example.test").await;
    let proxy = ProxyServer::start(setting.world.sandbox.url()).await.unwrap();
    setting.ends(PLAIN_URL, ACCEPTED, |call| call.allow_insecure().env("HTTP_PROXY", proxy.url())).await;
    setting.ends(PLAIN_URL, ACCEPTED, |call| call.allow_insecure().proxy(&proxy.url())).await;
    let asked = proxy.asked();
    assert_eq!(asked.len(), 4);
    for (asked, method) in asked.iter().zip(["POST", "GET", "POST", "GET"]) {
        assert!(asked.starts_with(&format!("{method} {PLAIN_URL}/v1/projects/")), "{asked}");
    }
    assert_eq!(setting.arrivals().await, 2);
}

#[tokio::test]
async fn a_407_ends_the_call_at_once_and_nothing_is_sent() {
    let setting = Setting::new("api.example.test").await;
    let proxy = setting.demanding_proxy().await;
    setting.ends(URL, REFUSED, |call| call.env("HTTPS_PROXY", proxy.url())).await;
    setting.ends(URL, REFUSED, |call| call.proxy(&proxy.url())).await;
    assert_eq!(proxy.asked(), ["CONNECT api.example.test:443"; 4]);
    assert_eq!(setting.arrivals().await, 0);
}

#[tokio::test]
async fn a_407_to_a_plain_call_ends_it_at_once_and_nothing_is_sent() {
    let setting = Setting::new("api.example.test").await;
    let proxy = ProxyServer::demanding(setting.world.sandbox.url(), &authorization()).await.unwrap();
    setting.ends(PLAIN_URL, REFUSED, |call| call.allow_insecure().proxy(&proxy.url())).await;
    assert_eq!(proxy.asked().len(), 2);
    assert_eq!(setting.arrivals().await, 0);
}

#[tokio::test]
async fn a_proxy_gets_the_credentials_that_its_address_holds() {
    let setting = Setting::new("api.example.test").await;
    let proxy = setting.demanding_proxy().await;
    setting.ends(URL, ACCEPTED, |call| call.env("HTTPS_PROXY", proxy.url_for(USER.0))).await;
    setting.ends(URL, ACCEPTED, |call| call.proxy(&proxy.url_for(USER.0))).await;
    assert_eq!(setting.arrivals().await, 2);
}

#[tokio::test]
async fn a_proxy_gets_the_credentials_that_its_address_holds_with_a_plain_call_too() {
    let setting = Setting::new("api.example.test").await;
    let proxy = ProxyServer::demanding(setting.world.sandbox.url(), &authorization()).await.unwrap();
    let url = proxy.url_for(USER.0);
    setting.ends(PLAIN_URL, ACCEPTED, |call| call.allow_insecure().env("HTTP_PROXY", &url)).await;
    setting.ends(PLAIN_URL, ACCEPTED, |call| call.allow_insecure().proxy(&url)).await;
    assert_eq!(setting.arrivals().await, 2);
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_shown_nowhere() {
    let setting = Setting::new("api.example.test").await;
    let other = format!("Basic {}", BASE64_STANDARD.encode("user:another"));
    let proxy = ProxyServer::demanding(&setting.front.url(), &other).await.unwrap();
    setting.ends(URL, REFUSED, |call| call.env("HTTPS_PROXY", proxy.url_for(USER.0))).await;
    setting.ends(URL, REFUSED, |call| call.proxy(&proxy.url_for(USER.0))).await;
    assert_eq!(setting.arrivals().await, 0);
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_tried_again_and_nothing_is_sent() {
    let setting = Setting::new("api.example.test").await;
    let url = nobody().await.replace("://", &format!("://{}@", USER.0));
    setting.ends(URL, UNREACHABLE, |call| call.env("HTTPS_PROXY", &url)).await;
    setting.ends(URL, UNREACHABLE, |call| call.proxy(&url)).await;
    assert_eq!(setting.arrivals().await, 0);
}

#[tokio::test]
async fn what_no_proxy_names_goes_directly() {
    let (setting, url) = Setting::elsewhere().await;
    let proxy = setting.proxy().await;
    let except = |call: OneCall| call.env("NO_PROXY", "elsewhere.example,0.0.0.0");
    setting.ends(&url, ACCEPTED, |call| except(call.env("HTTPS_PROXY", proxy.url()))).await;
    setting.ends(&url, ACCEPTED, |call| except(call.proxy(&proxy.url()))).await;
    assert_eq!(proxy.asked(), [""; 0]);
    assert_eq!(setting.arrivals().await, 2);
}

#[tokio::test]
async fn what_no_proxy_does_not_name_goes_through_the_proxy() {
    let (setting, url) = Setting::elsewhere().await;
    let proxy = setting.proxy().await;
    let except = |call: OneCall| call.env("NO_PROXY", "elsewhere.example");
    setting.ends(&url, ACCEPTED, |call| except(call.env("HTTPS_PROXY", proxy.url()))).await;
    setting.ends(&url, ACCEPTED, |call| except(call.proxy(&proxy.url()))).await;
    assert_eq!(proxy.asked(), [url.replace("https://", "CONNECT ").as_str(); 4]);
    assert_eq!(setting.arrivals().await, 2);
}

#[tokio::test]
async fn a_client_without_proxy_goes_directly_whatever_the_environment_names() {
    let (setting, url) = Setting::elsewhere().await;
    let proxy = setting.proxy().await;
    for variable in ["HTTPS_PROXY", "ALL_PROXY"] {
        setting.ends(&url, ACCEPTED, |call| call.no_proxy().env(variable, proxy.url())).await;
    }
    assert_eq!(proxy.asked(), [""; 0]);
    assert_eq!(setting.arrivals().await, 2);
}

#[tokio::test]
async fn a_server_on_this_machine_is_never_asked_for_through_a_proxy() {
    for host in ["localhost", "127.0.0.1"] {
        let setting = Setting::new(host).await;
        let proxy = setting.proxy().await;
        let url = setting.front.url_as(host);
        setting.ends(&url, ACCEPTED, |call| call.env("HTTPS_PROXY", proxy.url())).await;
        setting.ends(&url, ACCEPTED, |call| call.proxy(&proxy.url())).await;
        let plain = setting.world.sandbox.url().replace("127.0.0.1", host);
        setting.ends(&plain, ACCEPTED, |call| call.env("HTTP_PROXY", proxy.url())).await;
        setting.ends(&plain, ACCEPTED, |call| call.env("ALL_PROXY", proxy.url())).await;
        setting.ends(&plain, ACCEPTED, |call| call.proxy(&proxy.url())).await;
        assert_eq!(proxy.asked(), [""; 0]);
        assert_eq!(setting.arrivals().await, 5);
    }
}

#[tokio::test]
async fn a_proxy_that_is_no_url_is_a_fault_of_the_configuration_that_shows_no_password() {
    let world = World::new().await.unwrap();
    for url in
        ["", "proxy.example:3128", "ftp://user:p@ss@proxy.example", "http://", "http://user:p@ss@:80:80"]
    {
        let config = world.config_at(URL).proxy(url);
        let shown = format!("{config:?}");
        let error = Client::new(config).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{url}");
        assert!(!format!("{shown} {error} {error:?}").contains("p@ss"), "{url}");
    }
}
