//! Certificates: whom a client trusts, and how it shows who it is. A server that is not trusted learns nothing, and the
//! ledger says so.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::path::{Path, PathBuf};

use tidings::{Client, Config, Error, ErrorKind};
use tidings_tests::{ACCEPTED, Authority, Identity, OneCall, TEXT, TO, Tls, TlsServer, World};

/// A world behind a TLS front.
struct Setting {
    world: World,
    authority: Authority,
    front: TlsServer,
}

/// The front shows a certificate that this makes.
async fn setting(certify: impl FnOnce(&Authority) -> Identity) -> Setting {
    let (world, authority) = (World::new().await.unwrap(), Authority::new().unwrap());
    let identity = certify(&authority);
    let front = TlsServer::start(world.sandbox.url(), Tls::new(&identity)).await.unwrap();
    Setting { world, authority, front }
}

fn localhost(authority: &Authority) -> Identity {
    authority.server("localhost").unwrap()
}

/// Which versions of TLS a front speaks.
#[derive(Clone, Copy)]
enum Versions {
    Only12,
    UpTo13,
}

/// The front serves only clients that show a certificate of the authority.
async fn demanding_setting(versions: Versions) -> Setting {
    let (world, authority) = (World::new().await.unwrap(), Authority::new().unwrap());
    let identity = localhost(&authority);
    let tls = Tls::new(&identity).demands_client_of(&authority);
    let tls = match versions {
        Versions::Only12 => tls.only_1_2(),
        Versions::UpTo13 => tls,
    };
    let front = TlsServer::start(world.sandbox.url(), tls).await.unwrap();
    Setting { world, authority, front }
}

impl Setting {
    fn config(&self) -> Config {
        self.world.config_at(self.front.url())
    }

    fn trusting(&self) -> Config {
        self.config().ca_certs(self.authority.pem())
    }

    /// Both calls are refused before anything is sent, at the first attempt, and no request ever reaches the API.
    async fn refuses(&self, config: Config) {
        let client = Client::new(config).unwrap();
        for error in [send(&client).await.unwrap_err(), list(&client).await.unwrap_err()] {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1), "{error:?}");
            assert!(!error.sent() && !error.is_retryable());
        }
        assert_eq!(self.front.connections(), 2);
        self.saw_nothing().await;
    }

    async fn accepts(&self, config: Config) {
        let client = Client::new(config).unwrap();
        assert_eq!((send(&client).await.unwrap(), list(&client).await.unwrap()), (1, 1));
        assert_eq!(self.world.arrivals().await.unwrap(), 1);
    }

    async fn saw_nothing(&self) {
        assert_eq!(self.world.arrivals().await.unwrap(), 0);
        for operation in ["messages.send", "apps.list"] {
            assert!(self.world.requests(operation).await.unwrap().is_empty(), "{operation}");
        }
    }

    /// Makes both calls, each in a process of its own. All of them end like this.
    async fn ends(&self, expected: (Option<&str>, u64, bool), prepare: impl Fn(OneCall) -> OneCall) {
        let (program, url) = (env!("CARGO_BIN_EXE_one-call"), self.front.url());
        for call in [OneCall::send(program, &self.world, &url), OneCall::list(program, &self.world, &url)] {
            let outcome = prepare(call).outcome().await.unwrap();
            assert_eq!(outcome.short(), expected, "{outcome:?}");
        }
    }
}

/// What a system keeps its certificates in.
struct Store {
    file: PathBuf,
    folder: PathBuf,
}

impl Store {
    /// A store with these certificates, in PEM, and an empty folder. `name` is that of the test.
    fn new(name: &str, pem: &str) -> Self {
        let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let store = Self { file: base.join("certificates.pem"), folder: base.join("certificates") };
        std::fs::create_dir_all(&store.folder).unwrap();
        std::fs::write(&store.file, pem).unwrap();
        store
    }

    /// Makes it the store of a process.
    fn of(&self, call: OneCall) -> OneCall {
        call.env("SSL_CERT_FILE", &self.file).env("SSL_CERT_DIR", &self.folder)
    }
}

/// How many attempts it took.
async fn send(client: &Client) -> Result<u32, Error> {
    client.sms().send(TO, TEXT).await.map(|sent| sent.attempts())
}

/// The same for a call that is safe to repeat.
async fn list(client: &Client) -> Result<u32, Error> {
    client.apps().list().await.map(|apps| apps.attempts())
}

const REFUSED: (Option<&str>, u64, bool) = (Some("tls"), 1, false);

#[tokio::test]
async fn an_authority_that_nobody_knows_is_refused() {
    let setting = setting(localhost).await;
    setting.refuses(setting.config()).await;
}

#[tokio::test]
async fn a_token_endpoint_that_nobody_knows_ends_the_call_at_once_and_the_certificate_is_named() {
    let setting = setting(localhost).await;
    let fetches = setting.world.requests("auth.token").await.unwrap().len();
    let client = Client::new(setting.world.config().base_url(setting.front.url())).unwrap();
    let error = send(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.sent()), (ErrorKind::Auth, 0, false), "{error:?}");
    assert!(error.message().contains("certificate"), "{error}");
    assert_eq!(setting.front.connections(), 1);
    assert_eq!(setting.world.requests("auth.token").await.unwrap().len(), fetches);
    setting.saw_nothing().await;
}

#[tokio::test]
async fn an_authority_in_ca_certs_is_accepted() {
    let setting = setting(localhost).await;
    setting.accepts(setting.trusting()).await;
}

#[tokio::test]
async fn another_authority_in_ca_certs_does_not_help() {
    let setting = setting(localhost).await;
    setting.refuses(setting.config().ca_certs(Authority::new().unwrap().pem())).await;
}

#[tokio::test]
async fn one_pem_may_hold_many_authorities_and_ca_certs_may_be_set_many_times() {
    let setting = setting(localhost).await;
    let [one, two] = [(); 2].map(|()| Authority::new().unwrap().pem());
    let both = format!("{one}{}", setting.authority.pem());
    setting.accepts(setting.config().ca_certs(both).ca_certs(two)).await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let setting = setting(|authority| authority.server("elsewhere.example").unwrap()).await;
    setting.refuses(setting.trusting()).await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let setting = setting(|authority| authority.expired_server("localhost").unwrap()).await;
    setting.refuses(setting.trusting()).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_for_servers_is_refused() {
    let setting = setting(|authority| authority.client("localhost").unwrap()).await;
    setting.refuses(setting.trusting()).await;
}

#[tokio::test]
async fn an_authority_in_the_systems_store_is_accepted() {
    let setting = setting(localhost).await;
    let store = Store::new("an_authority_in_the_systems_store", &setting.authority.pem());
    setting.ends(ACCEPTED, |call| store.of(call)).await;
    assert_eq!(setting.world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn ca_certs_are_trusted_beside_the_systems_store() {
    let setting = setting(localhost).await;
    let store = Store::new("ca_certs_beside_the_systems_store", &setting.authority.pem());
    let other = Authority::new().unwrap().pem();
    setting.ends(ACCEPTED, |call| store.of(call).ca_certs(&other)).await;
    assert_eq!(setting.world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn with_an_empty_system_store_an_unknown_authority_is_still_refused_by_name() {
    let setting = setting(localhost).await;
    let store = Store::new("an_empty_system_store", "");
    setting.ends(REFUSED, |call| store.of(call)).await;
    setting.saw_nothing().await;
}

#[tokio::test]
async fn with_an_empty_system_store_an_authority_in_ca_certs_is_accepted() {
    let setting = setting(localhost).await;
    let store = Store::new("ca_certs_and_an_empty_system_store", "");
    setting.ends(ACCEPTED, |call| store.of(call).ca_certs(&setting.authority.pem())).await;
    assert_eq!(setting.world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn a_client_that_shows_the_certificate_that_is_demanded_is_served() {
    for versions in [Versions::UpTo13, Versions::Only12] {
        let setting = demanding_setting(versions).await;
        let mine = setting.authority.client("client").unwrap().pem();
        setting.accepts(setting.trusting().client_certificate(mine)).await;
    }
}

#[tokio::test]
async fn over_tls_1_2_a_client_without_the_certificate_that_is_demanded_is_refused_before_it_sends() {
    let setting = demanding_setting(Versions::Only12).await;
    setting.refuses(setting.trusting()).await;
}

#[tokio::test]
async fn over_tls_1_2_a_client_of_another_authority_is_refused_before_it_sends() {
    let setting = demanding_setting(Versions::Only12).await;
    let other = Authority::new().unwrap().client("client").unwrap().pem();
    setting.refuses(setting.trusting().client_certificate(other)).await;
}

/// In TLS 1.3 the client is done, and sends, before the server looks at its certificate (RFC 8446, section 2). A refusal
/// then meets a request that is out, and nothing tells it from a connection that broke later: unknown is the honest end. It
/// is certain only where the refusal came before the body was taken.
#[tokio::test]
async fn over_tls_1_3_a_send_with_a_refused_client_certificate_is_unknown_unless_it_was_still_here() {
    let stranger = Authority::new().unwrap().client("client").unwrap().pem();
    for certificate in [None, Some(stranger)] {
        let setting = demanding_setting(Versions::UpTo13).await;
        let config = match certificate {
            Some(pem) => setting.trusting().client_certificate(pem),
            None => setting.trusting(),
        };
        let error = send(&Client::new(config).unwrap()).await.unwrap_err();
        let unknown = error.kind() == ErrorKind::UnknownOutcome;
        assert!(unknown || matches!(error.kind(), ErrorKind::Tls | ErrorKind::Connect), "{error:?}");
        assert_eq!((error.sent(), error.evidence().is_some()), (unknown, unknown), "{error:?}");
        assert!(error.message().contains("alert"), "the cause is named: {error}");
        setting.saw_nothing().await;
    }
}

#[tokio::test]
async fn over_tls_1_3_a_read_without_the_certificate_that_is_demanded_fails_to_connect() {
    let setting = demanding_setting(Versions::UpTo13).await;
    let error = list(&Client::new(setting.trusting()).unwrap()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Tls | ErrorKind::Connect), "{error:?}");
    assert!(error.message().contains("alert"), "the cause is named: {error}");
    setting.saw_nothing().await;
}

#[tokio::test]
async fn what_is_no_pem_is_a_fault_of_the_configuration() {
    let setting = setting(localhost).await;
    let mine = setting.authority.client("client").unwrap();
    let damaged = setting.authority.pem().replace('M', "!");
    let refused = [
        setting.config().ca_certs(""),
        setting.config().ca_certs("no PEM"),
        setting.config().ca_certs(damaged.as_str()),
        setting.config().ca_certs(mine.key_pem()),
        setting.config().client_certificate(""),
        setting.config().client_certificate("no PEM"),
        setting.config().client_certificate(damaged),
        setting.config().client_certificate(mine.certificate_pem()),
        setting.config().client_certificate(mine.key_pem()),
    ];
    for (number, config) in refused.into_iter().enumerate() {
        let error = Client::new(config).map(drop).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0), "number {number}: {error:?}");
    }
    setting.saw_nothing().await;
}
