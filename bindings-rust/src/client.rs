use tidings_core::{Config, Engine, Error, Statistics};

/// A client of one project. Cheap to clone; the clones share connections and token.
///
/// ```
/// use tidings::{Client, Config, Credentials};
/// let config = Config::new("project", Credentials::access_key("key id", "key secret"));
/// let client = Client::new(config.region("eu".parse()?).app_id("01HKWT3XRVH6RP17S8KSBC4PYR"))?;
/// # Ok::<(), tidings::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) way: Async,
}

/// How the calls of a [`Client`] are made: they are awaited. Stands in the types of its resources and requests, whose twins
/// have [`Blocking`](crate::blocking::Blocking) there.
#[derive(Clone, Debug)]
pub struct Async {
    pub(crate) engine: Engine,
}

impl Client {
    /// Checks the configuration and makes a client. No I/O: connections and token come with the first call.
    pub fn new(config: Config) -> Result<Self, Error> {
        Ok(Self { way: Async { engine: Engine::new(config)? } })
    }

    /// A client set up by the environment; [`Config::from_env`] names the variables.
    pub fn from_env() -> Result<Self, Error> {
        Self::new(Config::from_env()?)
    }

    /// What this client and its clones have done so far, in numbers.
    ///
    /// ```
    /// # use tidings::{Client, Config, Credentials};
    /// # let config = Config::new("project", Credentials::access_key("key id", "key secret"));
    /// # let client = Client::new(config.region("eu".parse()?))?;
    /// let done = client.statistics();
    /// assert_eq!((done.calls, done.unknown), (0, 0));
    /// # Ok::<(), tidings::Error>(())
    /// ```
    pub fn statistics(&self) -> Statistics {
        self.way.engine.statistics()
    }
}

/// The methods by which the clients hand out their resources.
macro_rules! resources {
    ($($(#[doc = $docs:literal])* $accessor:ident: $resource:ident;)*) => {
        impl crate::Client {$(
            $(#[doc = $docs])*
            pub fn $accessor(&self) -> $resource {
                $resource { way: self.way.clone() }
            }
        )*}

        impl crate::blocking::Client {$(
            $(#[doc = $docs])*
            pub fn $accessor(&self) -> $resource<crate::blocking::Blocking> {
                $resource { way: self.way.clone() }
            }
        )*}
    };
}
pub(crate) use resources;
