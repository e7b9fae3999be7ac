//! The client for programs that do not use `async`: the same methods with the same names, each made with
//! [`call`](crate::Request::call) instead of being awaited.
//!
//! ```no_run
//! use std::time::Duration;
//! use tidings::blocking::Client;
//!
//! let client = Client::from_env()?;
//! let sent = client.sms().send("+46701234567", "Your code is 4711").ttl(Duration::from_mins(1)).call()?;
//! println!("{}", sent.message_id);
//! for message in client.messages().list().items() {
//!     println!("{:?}", message?.id);
//! }
//! # Ok::<(), tidings::Error>(())
//! ```
//!
//! A call ends like that of an awaiting [`tidings::Client`](crate::Client), with the same answer or the same error. Nothing
//! but its timeout ends it early.
//!
//! # Threads
//!
//! All blocking clients of a process share one thread that does their work. It starts with the first client, keeps no
//! process alive, and survives whatever the app's callbacks do; but while one of them blocks, every call waits. A process
//! that ends while a call is under way leaves its outcome unknown. After a `fork` the child has no such thread: there,
//! calls of a client that was made before never end. Fork first.
//!
//! # In asynchronous code
//!
//! A call holds up its thread, which a task must not do: inside one it fails with `config` before anything is sent. Await
//! [`tidings::Client`](crate::Client) there. Where a task waits for blocking code in the right way, with
//! `tokio::task::spawn_blocking` or `block_in_place`, calls work. Making, cloning and dropping a client is fine anywhere.

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::task::{Context, Poll, Waker};
use std::vec;

use tidings_core::contract::Operation;
use tidings_core::door::{self, Door, Runtime};
use tidings_core::{Config, Error, ErrorKind, Statistics};
use tokio::runtime::Handle;
use tokio::task::coop;

use crate::paging::Paged;
use crate::request::{Method, Request, Response};

/// A client of one project, for any number of threads. Cheap to clone; the clones share connections and token.
///
/// ```
/// use tidings::blocking::Client;
/// use tidings::{Config, Credentials};
/// let config = Config::new("project", Credentials::access_key("key id", "key secret"));
/// let client = Client::new(config.region("eu".parse()?).app_id("01HKWT3XRVH6RP17S8KSBC4PYR"))?;
/// # Ok::<(), tidings::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) way: Blocking,
}

/// How the calls of a blocking [`Client`] are made: they are waited for. Stands in the types of its resources and requests,
/// such as `Request<sms::Send, Blocking>`.
#[derive(Clone, Debug)]
pub struct Blocking {
    door: Door,
}

impl Client {
    /// Checks the configuration and makes a client. No I/O: connections and token come with the first call. Fails with
    /// `internal` if the system has no thread left for the first client of the process.
    pub fn new(config: Config) -> Result<Self, Error> {
        Ok(Self { way: Blocking { door: Door::open(config, Runtime::shared()?)? } })
    }

    /// A client set up by the environment; [`Config::from_env`] names the variables.
    pub fn from_env() -> Result<Self, Error> {
        Self::new(Config::from_env()?)
    }

    /// What this client and its clones have done so far, in numbers.
    pub fn statistics(&self) -> Statistics {
        self.way.door.statistics()
    }
}

impl<M: Method> Request<M, Blocking> {
    /// Makes the call and waits until it has ended, at most for its timeout.
    ///
    /// ```no_run
    /// # let client = tidings::blocking::Client::from_env()?;
    /// use std::time::Duration;
    /// let page = client.messages().list().page_size(100).timeout(Duration::from_secs(5)).call()?;
    /// # Ok::<(), tidings::Error>(())
    /// ```
    pub fn call(self) -> Result<Response<M::Output>, Error> {
        let (way, call) = self.into_call()?;
        let ended = wait(M::operation(), |done| {
            way.door.start_call(call, move |ended| done.tell(ended));
        });
        Response::read::<M>(ended?)
    }
}

impl<M: Paged> Request<M, Blocking> {
    /// The list page after page, beginning with the one that the call asks for. Nothing happens before the first is taken.
    ///
    /// What is set for the call holds for each page: `timeout` is how long one page may take.
    pub fn pages(self) -> Pages<M> {
        let pages = self.into_call().and_then(|(way, call)| way.door.pages(call));
        Pages { pages: Some(pages), method: PhantomData }
    }

    /// The list item after item, across its pages. The same as [`pages`](Self::pages) otherwise.
    pub fn items(self) -> Items<M> {
        Items { pages: self.pages(), rest: Vec::new().into_iter() }
    }
}

/// The pages of a list, one call after the other. From [`Request::pages`] of a blocking [`Client`].
///
/// After an error that is [retryable](Error::is_retryable) the next step asks for the same page again, as
/// [`tidings::Pages::next`](crate::Pages::next) tells; any other error ends it. So stop at the first error, with `?` or by collecting
/// into a `Result`; adapters that pass errors over, such as `flatten`, go on for as long as an outage does.
///
/// ```no_run
/// # let client = tidings::blocking::Client::from_env()?;
/// for page in client.messages().list().page_size(100).pages() {
///     let page = page?;
///     println!("{} messages, next: {:?}", page.messages.len(), page.next_page_token);
/// }
/// # Ok::<(), tidings::Error>(())
/// ```
#[must_use = "no page is asked for until it is taken"]
pub struct Pages<M> {
    /// An error: the call could not be written, which its caller has not been told yet. `None`: the list has ended.
    pages: Option<Result<door::Pages, Error>>,
    method: PhantomData<fn() -> M>,
}

impl<M: Paged> Iterator for Pages<M> {
    type Item = Result<Response<M::Output>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let pages = match self.pages.take()? {
            Ok(pages) => pages,
            Err(fault) => return Some(Err(fault)),
        };
        let turned = wait(M::operation(), |done| {
            pages.next(move |turned| done.tell(turned));
        });
        let page = turned.transpose()?;
        self.pages = Some(Ok(pages));
        Some(page.and_then(Response::read::<M>))
    }
}

impl<M: Paged> FusedIterator for Pages<M> {}

/// The items of a list, across its pages. From [`Request::items`] of a blocking [`Client`].
///
/// Asks for a page when the items of the one before have been taken. Not every error ends it; [`Pages`] tells which do.
///
/// ```no_run
/// # let client = tidings::blocking::Client::from_env()?;
/// let contacts: Vec<_> = client.contacts().list().items().take(500).collect::<Result<_, _>>()?;
/// # Ok::<(), tidings::Error>(())
/// ```
#[must_use = "no page is asked for until an item is taken"]
pub struct Items<M: Paged> {
    pages: Pages<M>,
    /// What is left of the page that was read last.
    rest: vec::IntoIter<M::Item>,
}

impl<M: Paged> Iterator for Items<M> {
    type Item = Result<M::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.rest.next() {
                return Some(Ok(item));
            }
            match self.pages.next()? {
                Ok(page) => self.rest = M::items(page.into_inner()).into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest.len(), None)
    }
}

impl<M: Paged> FusedIterator for Items<M> {}

impl<M: Method> fmt::Debug for Pages<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pages").field("operation", &M::operation().id).finish_non_exhaustive()
    }
}

impl<M: Paged> fmt::Debug for Items<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Items").field("operation", &M::operation().id).finish_non_exhaustive()
    }
}

/// Tells the thread that waits for a call what became of it.
struct Done<T>(SyncSender<Result<T, Error>>);

impl<T> Done<T> {
    fn tell(self, ended: Result<T, Error>) {
        // It is taken as long as somebody waits, and nobody stops waiting.
        let _ = self.0.send(ended);
    }
}

/// Starts something and waits on this thread until it has ended.
fn wait<T>(operation: &Operation, start: impl FnOnce(Done<T>)) -> Result<T, Error> {
    if in_a_task() {
        let text = "a blocking call would hold up the tasks of this thread: await tidings::Client here, or make the call \
                    inside tokio::task::spawn_blocking";
        return Err(Error::facade(ErrorKind::Config, operation.id, text));
    }
    let (sender, receiver) = sync_channel(1);
    start(Done(sender));
    let lost = |_| Err(Error::facade(ErrorKind::Internal, operation.id, "the call ended without an outcome"));
    receiver.recv().unwrap_or_else(lost)
}

/// More than tokio lets a task do between two yields; it is 128 today.
const MORE_THAN_A_BUDGET: u32 = 1024;

/// Whether this thread is at work on a task of tokio, which must not block.
///
/// A runtime that is there does not tell: it is there for code in `spawn_blocking` too, which may block. Only tasks have a
/// budget that ends, so this spends it. Where it is wrong (a task that is `unconstrained`), the call works and the
/// thread is held up, which is why nothing here waits by means of tokio: that would panic.
fn in_a_task() -> bool {
    let spends = || pin!(coop::consume_budget()).poll(&mut Context::from_waker(Waker::noop()));
    Handle::try_current().is_ok() && (0..MORE_THAN_A_BUDGET).any(|_| spends() == Poll::Pending)
}
