//! The engine and the handle of a call.

use std::sync::Arc;

use napi::bindgen_prelude::{JsObjectValue as _, Object, Uint8ArraySlice};
use napi::{Either, Env};
use napi_derive::napi;
use tidings_core::door::{self, Door, ErrorRecord, Runtime};
use tidings_core::{Config as CoreConfig, Error};

use crate::bridge::{Arrival, Bridge, Channel};
use crate::outcome::{Teller, fault, unless_panicked};
use crate::records::{Arguments, Config, Failure, Pairs, Statistics};

/// An engine that tells its results over a [`Bridge`].
#[napi]
pub struct Engine {
    door: Door,
    channel: Arc<Channel>,
}

#[napi]
impl Engine {
    /// Checks the configuration and makes an engine, or says what is wrong. No I/O.
    ///
    /// `environment`: an object to look variables up in where nothing is given. `provider`: the number that questions for
    /// tokens carry, if the app answers them. `on_retry` and `on_unknown`: the numbers of its listeners, if it wants to be told.
    #[napi(catch_unwind)]
    pub fn open(
        bridge: &Bridge,
        config: Config,
        environment: Option<Object<'_>>,
        provider: Option<f64>,
        on_retry: Option<f64>,
        on_unknown: Option<f64>,
    ) -> Either<Engine, Failure> {
        let channel = bridge.channel();
        let app = App { provider, on_retry, on_unknown };
        match unless_panicked(|| open(&channel, config, environment, &app)) {
            Some(Ok(door)) => Either::A(Engine { door, channel }),
            Some(Err(error)) => Either::B(Failure::from(&error)),
            None => Either::B(Failure::from(fault())),
        }
    }

    /// Starts a call; what becomes of it arrives at the bridge under the number `call`, exactly once. The handle calls it
    /// off; it is only made if it is asked for, since objects that need a finalizer are dear. A panic is an outcome as well.
    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments, reason = "an object would cost a look-up per field and call")]
    pub fn start(
        &self,
        env: Env,
        call: f64,
        cancellable: bool,
        operation: String,
        path: Pairs,
        query: Pairs,
        body: Option<Either<String, Uint8ArraySlice<'_>>>,
        timeout: Option<f64>,
        max_retries: Option<f64>,
        replay_unknown: Option<bool>,
        headers: Pairs,
    ) -> Option<CallHandle> {
        let arguments =
            Arguments { operation, path, query, body, timeout, max_retries, replay_unknown, headers };
        self.channel.call_begins(env);
        let channel = Arc::clone(&self.channel);
        let teller = Teller::new(move |outcome| {
            channel.put(match outcome {
                Ok(response) => Arrival::Answered { call, response },
                Err(record) => Arrival::Failed { call, record: Box::new(record) },
            });
        });
        let done = |result: Result<_, Error>| {
            teller.tell(result.map_err(|error| ErrorRecord::from(&error)));
        };
        unless_panicked(|| match arguments.into_record() {
            Ok(record) => self.door.start(record, done),
            Err(error) => {
                done(Err(error));
                None
            }
        })
        .flatten()
        .filter(|_| cancellable)
        .map(CallHandle)
    }

    /// What the engine has done so far, in numbers.
    #[napi(catch_unwind)]
    pub fn statistics(&self) -> Statistics {
        self.door.statistics().into()
    }

    /// Closes the engine: calls under way end, further ones fail. Doing it again changes nothing.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.door.close();
    }
}

impl Drop for Engine {
    /// Nobody waits for calls any more: their environment has ended, for JavaScript keeps an engine while it does.
    fn drop(&mut self) {
        self.door.close();
    }
}

/// What the app answers and wants to be told, each by the number that JavaScript finds it under.
struct App {
    provider: Option<f64>,
    on_retry: Option<f64>,
    on_unknown: Option<f64>,
}

fn open(
    channel: &Arc<Channel>,
    config: Config,
    environment: Option<Object<'_>>,
    app: &App,
) -> Result<Door, Error> {
    let record = config.into_record(environment.is_some())?;
    let provider = app.provider.map(|provider| {
        let channel = Arc::clone(channel);
        door::TokenTicket::provider(move |ticket| channel.put(Arrival::Asked { provider, ticket }))
    });
    // Only what it has itself: what hangs on `Object.prototype` is nobody's configuration.
    let variable = |name: &str| {
        let environment = environment.as_ref()?;
        environment.has_own_property(name).ok()?.then(|| environment.get(name).ok()?)?
    };
    let config = listen(channel, record.into_config_reading(provider, variable)?, app);
    Door::open(config, Runtime::shared()?)
}

fn listen(channel: &Arc<Channel>, mut config: CoreConfig, app: &App) -> CoreConfig {
    if let Some(listener) = app.on_retry {
        let channel = Arc::clone(channel);
        config = config.on_retry(move |retry| {
            let record = Box::new(ErrorRecord::from(&retry.error));
            channel.put(Arrival::Told { listener, record, pause: Some(retry.pause) });
        });
    }
    if let Some(listener) = app.on_unknown {
        let channel = Arc::clone(channel);
        config = config.on_unknown(move |error| {
            let record = Box::new(ErrorRecord::from(error));
            channel.put(Arrival::Told { listener, record, pause: None });
        });
    }
    config
}

/// A call under way, or ended.
#[napi]
pub struct CallHandle(door::CallHandle);

#[napi]
impl CallHandle {
    /// Calls it off, and its socket is closed soon after. `false`: it has ended, and what it ended with is at the bridge or on
    /// its way there. What is known of the call is not returned: a caller who aborts gets the reason of the signal, as everywhere
    /// in Node.js, and `on_unknown` the rest.
    #[napi(catch_unwind)]
    pub fn cancel(&self) -> bool {
        self.0.cancel().is_some()
    }
}
