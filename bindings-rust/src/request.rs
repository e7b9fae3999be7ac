use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;
use serde::de::{DeserializeSeed, Error as _};
use tidings_core::contract::Operation;
use tidings_core::{Call, CallOptions, Error, ErrorKind};

use crate::JsonObject;
use crate::client::Async;
use crate::wire::{Lenient, Wire};

/// An operation of the API as a type. Implemented by the markers in [`crate::resources`] only.
pub trait Method: sealed::Sealed + 'static {
    /// What the operation answers with.
    type Output: Decode;

    /// The operation in the contract's table.
    #[doc(hidden)]
    fn operation() -> &'static Operation;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// A call that is ready to go. Nothing happens until it is awaited or, with a
/// [`blocking::Client`](crate::blocking::Client), made with [`call`](Self::call).
///
/// What holds for this call only can be set before: `timeout`, `max_retries`, `header`, `replay_unknown`, and the optional
/// parameters of the operation. A list also comes page after page ([`pages`](Self::pages)) and item after item
/// ([`items`](Self::items)).
///
/// ```no_run
/// # async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
/// use std::time::Duration;
/// let page = client.messages().list().page_size(100).timeout(Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited, or made with `call` where the client is a blocking one"]
pub struct Request<M, Way = Async> {
    way: Way,
    call: Call,
    options: CallOptions,
    fields: Option<JsonObject>,
    /// The first thing that could not be written; told when the call is made.
    fault: Option<Error>,
    method: PhantomData<fn() -> M>,
}

impl<M: Method, Way: Clone> Request<M, Way> {
    pub(crate) fn new(way: &Way) -> Self {
        Self {
            way: way.clone(),
            call: Call::new(M::operation()),
            options: CallOptions::default(),
            fields: None,
            fault: None,
            method: PhantomData,
        }
    }

    pub(crate) fn path(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.call = self.call.path(name, value);
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl ToQuery) -> Self {
        self.call = self.call.query(name, value.to_query());
        self
    }

    pub(crate) fn body<T>(mut self, body: impl IntoBody<T>) -> Self {
        match body.into_body() {
            Ok(body) => self.call = self.call.body(body),
            Err(error) => self.fail(&error),
        }
        self
    }

    pub(crate) fn field(mut self, name: &'static str, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => {
                self.fields.get_or_insert_default().insert(name.to_owned(), value);
            }
            Err(error) => self.fail(&error),
        }
        self
    }

    /// How long this call may take, all waiting and retries included.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options = self.options.timeout(timeout);
        self
    }

    /// The most retries of this call; 0 switches them off.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.options = self.options.max_retries(retries);
        self
    }

    /// Adds a header to this call. Headers that the client writes itself, such as `authorization`, make it fail with
    /// `config`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match self.options.clone().header(name, value) {
            Ok(options) => self.options = options,
            Err(error) => self.fault = self.fault.or(Some(error)),
        }
        self
    }

    /// Whether the call is made again where nobody knows what became of it, like one that is safe to repeat. Off by default:
    /// it then ends as [`UnknownOutcome`](ErrorKind::UnknownOutcome).
    ///
    /// **What was carried out the first time then happens twice**, and the recipient gets the text twice. For callers who
    /// would rather have that than lose one; `max_retries` limits how often. If no attempt is accepted, the outcome is still
    /// unknown. Makes no difference to operations that are safe to repeat.
    ///
    /// ```no_run
    /// # async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
    /// client.sms().send("+46701234567", "The water will be turned off at noon.").replay_unknown(true).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn replay_unknown(mut self, replay: bool) -> Self {
        self.options = self.options.replay_unknown(replay);
        self
    }

    /// The call as it goes through the door, or the first thing that could not be written.
    pub(crate) fn into_call(self) -> Result<(Way, Call), Error> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let mut call = self.call.options(self.options);
        if let Some(fields) = self.fields {
            call = call.body(serde_json::Value::Object(fields).to_string());
        }
        Ok((self.way, call))
    }

    fn fail(&mut self, error: &serde_json::Error) {
        let text = format!("the body cannot be written as JSON: {error}");
        self.fault.get_or_insert_with(|| Error::facade(ErrorKind::InvalidRequest, M::operation().id, text));
    }
}

impl<M: Method> IntoFuture for Request<M> {
    type Output = Result<Response<M::Output>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (way, call) = self.into_call()?;
            Response::read::<M>(way.engine.execute(call).await?)
        })
    }
}

impl<M: Method, Way> fmt::Debug for Request<M, Way> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").field("operation", &M::operation().id).finish_non_exhaustive()
    }
}

/// What the API answered: the value, and the bytes it was read from.
///
/// Reads like the value itself: `client.sms().send(to, text).await?.message_id`.
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    response: tidings_core::Response,
}

impl<T: Decode> Response<T> {
    pub(crate) fn read<M: Method<Output = T>>(response: tidings_core::Response) -> Result<Self, Error> {
        match T::decode(&response.body) {
            Ok(value) => Ok(Self { value, response }),
            Err(error) => {
                // The engine has accepted the answer, so the call was carried out; only its model does not fit.
                let text = format!("the answer was accepted and does not fit its model: {error}");
                Err(Error::facade(ErrorKind::Decode, M::operation().id, text).about(&response))
            }
        }
    }
}

impl<T> Response<T> {
    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The body, byte for byte as it came, with everything that the value does not know.
    pub fn raw(&self) -> &Bytes {
        &self.response.body
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.response.headers
    }

    /// The id the API gave to the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.response.request_id()
    }

    /// How many times the request was tried.
    pub fn attempts(&self) -> u32 {
        self.response.attempts
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("value", &self.value)
            .field("status", &self.status())
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts())
            .finish_non_exhaustive()
    }
}

/// What can be the body of an operation that takes a `T`: the model, or raw JSON for what the model does not know.
///
/// ```no_run
/// # async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
/// use serde_json::json;
/// let sent = client.messages().send(json!({
///     "recipient": {"contact_id": "01HKWT3XRVH6RP17S8KSBC4PYR"},
///     "message": {"text_message": {"text": "Hello"}},
/// })).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the body of this call",
    note = "a body is a `{T}`, a reference to one, a `serde_json::Value`, or JSON text as `bytes::Bytes`"
)]
pub trait IntoBody<T> {
    /// The body as JSON text.
    fn into_body(self) -> Result<Bytes, serde_json::Error>;
}

impl<T> IntoBody<T> for serde_json::Value {
    fn into_body(self) -> Result<Bytes, serde_json::Error> {
        serde_json::to_vec(&self).map(Bytes::from)
    }
}

/// JSON text that goes out as it is.
impl<T> IntoBody<T> for Bytes {
    fn into_body(self) -> Result<Bytes, serde_json::Error> {
        Ok(self)
    }
}

macro_rules! into_body {
    ($($model:ty),* $(,)?) => {$(
        impl crate::IntoBody<$model> for $model {
            fn into_body(self) -> Result<bytes::Bytes, serde_json::Error> {
                serde_json::to_vec(&self).map(bytes::Bytes::from)
            }
        }

        impl crate::IntoBody<$model> for &$model {
            fn into_body(self) -> Result<bytes::Bytes, serde_json::Error> {
                serde_json::to_vec(self).map(bytes::Bytes::from)
            }
        }
    )*};
}
pub(crate) use into_body;

/// What can be read from an answer.
pub trait Decode: Sized {
    /// Reads the body of an answer.
    #[doc(hidden)]
    fn decode(body: &[u8]) -> Result<Self, serde_json::Error>;
}

/// Operations whose answer carries nothing: an empty body or `{}`.
impl Decode for () {
    fn decode(_body: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(())
    }
}

impl<T: Wire> Decode for T {
    fn decode(body: &[u8]) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(body);
        let value = Lenient::new().deserialize(&mut reader)?;
        reader.end()?;
        value.ok_or_else(|| serde_json::Error::custom("it is JSON of another type"))
    }
}

/// What can be the value of a query parameter.
pub(crate) trait ToQuery {
    fn to_query(&self) -> String;
}

macro_rules! to_query {
    ($($type:ty),* $(,)?) => {$(
        impl ToQuery for $type {
            fn to_query(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

to_query!(&str, String, bool, i32, i64, jiff::Timestamp);

/// A list is one value, joined with commas.
impl ToQuery for Vec<String> {
    fn to_query(&self) -> String {
        self.join(",")
    }
}
