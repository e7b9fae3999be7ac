use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;
use tidings_core::{Error, Pager};

use crate::request::{Method, Request, Response};

/// An operation that answers with one page of a list at a time.
pub trait Paged: Method {
    /// What the list consists of.
    type Item;

    /// What is on a page.
    #[doc(hidden)]
    fn items(page: Self::Output) -> Vec<Self::Item>;
}

impl<M: Paged> Request<M> {
    /// The list page after page, beginning with the one that the call asks for. Nothing happens before [`Pages::next`].
    ///
    /// What is set for the call holds for each page: `timeout` is how long one page may take.
    pub fn pages(self) -> Pages<M> {
        let pager = self.into_call().and_then(|(way, call)| way.engine.pager(call));
        let state = pager.map_or_else(State::Wrong, |pager| State::Rests(Box::new(pager)));
        Pages { state, method: PhantomData }
    }

    /// The list item after item, across its pages. The same as [`pages`](Self::pages) otherwise.
    ///
    /// ```no_run
    /// # async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
    /// let mut contacts = client.contacts().list().items();
    /// while let Some(contact) = contacts.next().await {
    ///     println!("{:?}", contact?.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn items(self) -> Items<M> {
        Items { pages: self.pages(), rest: Vec::new().into_iter() }
    }
}

/// The pages of a list. From [`Request::pages`].
///
/// Also a [`Stream`], for use with the adapters of the crate `futures`. After an error that is
/// [retryable](Error::is_retryable) who goes on asks for the same page again; any other error ends it.
///
/// ```no_run
/// # async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
/// let mut pages = client.messages().list().page_size(100).pages();
/// while let Some(page) = pages.next().await {
///     let page = page?;
///     println!("{} messages, next: {:?}", page.messages.len(), page.next_page_token);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "no page is asked for until `next` is awaited"]
pub struct Pages<M> {
    state: State,
    method: PhantomData<fn() -> M>,
}

enum State {
    Rests(Box<Pager>),
    /// A page that the stream waits for, on its way with the pager.
    Asks(Pin<Box<dyn Future<Output = (Box<Pager>, Turned)> + Send>>),
    /// The call could not be written, which its caller has not been told yet.
    Wrong(Error),
    Ended,
}

/// What came of asking for a page.
type Turned = Result<Option<tidings_core::Response>, Error>;

impl<M: Paged> Pages<M> {
    /// The next page; `None` after the last one. An empty page in the middle of the list is a page too. A list that leads
    /// back to a page that was read already is an error (`decode`), and not a loop without end.
    ///
    /// After an error that is [retryable](Error::is_retryable) the next call asks for the same page again, so that nothing is
    /// left out or comes twice. Any other error ends the list, but one: where a page came that does not fit its model
    /// (`decode`), with its bytes in the error, the list goes on behind it.
    ///
    /// A call that is dropped is called off, and the next one asks for the same page again.
    pub async fn next(&mut self) -> Option<Result<Response<M::Output>, Error>> {
        if let State::Rests(pager) = &mut self.state {
            let turned = pager.next().await;
            return self.read(turned);
        }
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    fn read(&mut self, turned: Turned) -> Option<Result<Response<M::Output>, Error>> {
        let page = turned.transpose();
        if page.is_none() {
            self.state = State::Ended;
        }
        page.map(|page| page.and_then(Response::read::<M>))
    }
}

impl<M: Paged> Stream for Pages<M> {
    type Item = Result<Response<M::Output>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut asked = match mem::replace(&mut self.state, State::Ended) {
            State::Rests(mut pager) => Box::pin(async move {
                let turned = pager.next().await;
                (pager, turned)
            }),
            State::Asks(asked) => asked,
            State::Wrong(fault) => return Poll::Ready(Some(Err(fault))),
            State::Ended => return Poll::Ready(None),
        };
        let Poll::Ready((pager, turned)) = asked.as_mut().poll(context) else {
            self.state = State::Asks(asked);
            return Poll::Pending;
        };
        self.state = State::Rests(pager);
        Poll::Ready(self.read(turned))
    }
}

/// The items of a list, across its pages. From [`Request::items`].
///
/// Asks for a page when the items of the one before have been taken. Also a [`Stream`], for use with the adapters of the
/// crate `futures`. After an error that is [retryable](Error::is_retryable) who goes on asks for the same page again; any other
/// error ends it.
#[must_use = "no page is asked for until `next` is awaited"]
pub struct Items<M: Paged> {
    pages: Pages<M>,
    /// What is left of the page that was read last.
    rest: vec::IntoIter<M::Item>,
}

/// Nothing in it is ever pinned.
impl<M: Paged> Unpin for Items<M> {}

impl<M: Paged> Items<M> {
    /// The next item; `None` after the last one. [`Pages::next`] tells what happens after an error and after a call that
    /// is dropped; no item is left out and none comes twice.
    pub async fn next(&mut self) -> Option<Result<M::Item, Error>> {
        loop {
            if let Some(item) = self.rest.next() {
                return Some(Ok(item));
            }
            match self.pages.next().await? {
                Ok(page) => self.rest = M::items(page.into_inner()).into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<M: Paged> Stream for Items<M> {
    type Item = Result<M::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.rest.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.rest = M::items(page.into_inner()).into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest.len(), None)
    }
}

impl<M: Paged> fmt::Debug for Pages<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pages").field("operation", &M::operation().id).finish_non_exhaustive()
    }
}

impl<M: Paged> fmt::Debug for Items<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Items").field("operation", &M::operation().id).finish_non_exhaustive()
    }
}
