//! Following the pages of a list.

use std::collections::HashSet;
use std::fmt;

use crate::call::{Call, Response};
use crate::contract::{Operation, Page};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::json::{self, RawObject};
use crate::watch::Watch;

/// The pages of a list, one call after the other. From [`Engine::pager`].
///
/// ```no_run
/// # async fn example(engine: tidings_core::Engine) -> Result<(), tidings_core::Error> {
/// # use tidings_core::Call;
/// let mut pages = engine.pager(Call::named("contacts.list")?)?;
/// while let Some(page) = pages.next().await? {
///     println!("{} bytes", page.body.len());
/// }
/// # Ok(())
/// # }
/// ```
pub struct Pager {
    engine: Engine,
    follower: Follower,
}

impl Pager {
    pub(crate) fn new(engine: Engine, call: Call) -> Result<Self, Error> {
        Ok(Self { engine, follower: Follower::new(call)? })
    }

    /// The next page, as an answer with its exact bytes; `None` after the last one.
    ///
    /// Only an absent or empty token ends a list: an empty page with a token leads on. After an error that is
    /// [retryable](Error::is_retryable) the next call asks for the same page again, and so it does if the future is dropped; any
    /// other error ends the list. A token that was followed before, or is no text, is an error (`decode`), told once after the
    /// last page that could be read.
    pub async fn next(&mut self) -> Result<Option<Response>, Error> {
        let watch = Watch::new(self.follower.operation());
        self.follower.next(&self.engine, &watch).await
    }
}

/// Where somebody is in a list.
pub(crate) struct Follower {
    call: Call,
    page: &'static Page,
    at: Place,
    /// Every token that was followed, the caller's own included.
    seen: HashSet<String>,
}

enum Place {
    /// The page that the call itself asks for.
    First,
    /// The page of this token.
    Token(String),
    /// The list cannot be read on.
    Fault(Error),
    End,
}

impl Follower {
    pub(crate) fn new(call: Call) -> Result<Self, Error> {
        let operation = call.operation;
        let Some(page) = &operation.page else {
            let text = "this operation has no pages: call it once";
            return Err(
                Error::new(ErrorKind::Config, text).with(|record| record.operation = Some(operation.id))
            );
        };
        Ok(Self { call, page, at: Place::First, seen: HashSet::new() })
    }

    pub(crate) fn operation(&self) -> &'static Operation {
        self.call.operation
    }

    /// The next page; see [`Pager::next`].
    pub(crate) async fn next(&mut self, engine: &Engine, watch: &Watch) -> Result<Option<Response>, Error> {
        let call = match &self.at {
            Place::First => self.call.clone(),
            Place::Token(token) => self.call_with(token)?,
            Place::Fault(error) => {
                let error = error.clone();
                self.at = Place::End;
                return Err(error);
            }
            Place::End => return Ok(None),
        };
        if matches!(self.at, Place::First) {
            self.seen.extend(self.given());
        }
        let response = engine.execute_watched(call, watch).await.inspect_err(|error| {
            // What cannot heal ends the list: whoever passes errors over must not ask for ever.
            if !error.is_retryable() && error.kind() != ErrorKind::Cancelled {
                self.at = Place::End;
            }
        })?;
        self.at = self.after(&response);
        Ok(Some(response))
    }

    /// Where the list goes on after a page.
    fn after(&mut self, response: &Response) -> Place {
        let page = RawObject::parse(&response.body).ok();
        let Some(written) = page.as_ref().and_then(|page| page.get(self.page.next)) else {
            return Place::End;
        };
        let fault = |text: &str| {
            Place::Fault(Error::facade(ErrorKind::Decode, self.call.operation.id, text).about(response))
        };
        let Some(token) = page.as_ref().and_then(|page| page.text(self.page.next)) else {
            let kind = if written.starts_with('"') { "has broken characters" } else { "is no text" };
            return fault(&format!("the list cannot be read on: the token of its next page {kind}"));
        };
        if token.is_empty() {
            return Place::End;
        }
        if self.seen.contains(token.as_ref()) {
            return fault("the list leads back to a page that was read already: its token has come before");
        }
        self.seen.insert(token.clone().into_owned());
        Place::Token(token.into_owned())
    }

    /// The token that the caller's own call begins with.
    fn given(&self) -> Option<String> {
        let name = self.page.token;
        if self.page.in_body {
            let body = RawObject::parse(self.call.body.as_deref()?).ok()?;
            return body.text(name).map(std::borrow::Cow::into_owned);
        }
        self.call.query.iter().find(|(given, _)| given == name).map(|(_, token)| token.clone())
    }

    fn call_with(&self, token: &str) -> Result<Call, Error> {
        let name = self.page.token;
        let mut call = self.call.clone();
        if !self.page.in_body {
            call.query.retain(|(given, _)| given != name);
            call.query.push((name.to_owned(), token.to_owned()));
            return Ok(call);
        }
        let body = call.body.take().unwrap_or_else(|| "{}".into());
        let mut object = RawObject::parse(&body).map_err(|_| {
            Error::facade(ErrorKind::Internal, self.call.operation.id, "the body could not be rewritten")
        })?;
        object.set(name, json::string(token));
        call.body = Some(object.to_text().into());
        Ok(call)
    }
}

impl fmt::Debug for Pager {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pager")
            .field("operation", &self.follower.operation().id)
            .field("pages_known", &self.follower.seen.len())
            .finish_non_exhaustive()
    }
}
