//! One connection: HTTP over it, and what faults do to it underneath.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

use crate::server::Shared;

/// How long a closed line waits for the caller to close its side too.
const LINGER: Duration = Duration::from_secs(1);

/// How a fault ends a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// FIN: the caller reads the end of the stream.
    Close,
    /// RST: the caller reads `ECONNRESET`.
    Reset,
}

/// The socket below a connection, in the hands of HTTP and of faults at the same time.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    ending: OnceLock<Ending>,
    ended: Notify,
    closes_when_flushed: AtomicBool,
}

impl Line {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            ending: OnceLock::new(),
            ended: Notify::new(),
            closes_when_flushed: AtomicBool::new(false),
        }
    }

    /// Ends the connection, and with it every request on it. The first ending counts.
    pub(crate) fn end(&self, ending: Ending) {
        let _ = self.ending.set(ending);
        self.ended.notify_one();
    }

    /// Ends the connection after everything that was written so far has left for the socket.
    pub(crate) fn close_when_flushed(&self) {
        self.closes_when_flushed.store(true, Ordering::Relaxed);
    }

    /// Whether the caller has closed its side.
    pub(crate) fn is_closed_by_peer(&self) -> bool {
        let readiness = pin!(self.stream.ready(Interest::READABLE));
        match readiness.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(ready)) => ready.is_read_closed(),
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        }
    }

    /// Waits until the caller has closed its side, without reading what still lies there. Nothing may be read on this
    /// line afterwards, since news of unread bytes is dropped.
    pub(crate) async fn closed_by_peer(&self) {
        while let Ok(ready) = self.stream.ready(Interest::READABLE).await {
            if ready.is_read_closed() {
                return;
            }
            let _ = self
                .stream
                .try_io(Interest::READABLE, || io::Result::<()>::Err(io::ErrorKind::WouldBlock.into()));
        }
    }

    async fn finish(&self, ending: Ending) {
        let socket = SockRef::from(&self.stream);
        match ending {
            // With no time to linger, closing sends RST instead of FIN.
            Ending::Reset => drop(socket.set_linger(Some(Duration::ZERO))),
            Ending::Close => {
                // Closing a socket that holds unread bytes would send RST. So: FIN, then read until the caller ends.
                let _ = socket.shutdown(std::net::Shutdown::Write);
                let rest = async {
                    let mut sink = [0; 4096];
                    while self.stream.readable().await.is_ok() {
                        match self.stream.try_read(&mut sink) {
                            Ok(1..) => {}
                            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                            Ok(0) | Err(_) => return,
                        }
                    }
                };
                let _ = tokio::time::timeout(LINGER, rest).await;
            }
        }
    }
}

/// Serves HTTP/1.1 and HTTP/2 (with prior knowledge) on a connection until it ends. When `stop` changes, requests
/// under way are still answered.
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>, mut stop: watch::Receiver<()>) {
    // Answers are small; waiting to fill a packet would only slow them.
    let _ = stream.set_nodelay(true);
    let line = Arc::new(Line::new(stream));
    let service = service_fn({
        let line = line.clone();
        move |request| {
            let (shared, line) = (shared.clone(), line.clone());
            async move { Ok::<_, std::convert::Infallible>(crate::exchange::handle(shared, line, request).await) }
        }
    });
    let ending = {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new());
        builder.http2().timer(TokioTimer::new());
        let mut connection = pin!(builder.serve_connection(TokioIo::new(LineIo(line.clone())), service));
        let mut stopping = false;
        loop {
            tokio::select! {
                biased;
                _ = connection.as_mut() => break line.ending.get().copied(),
                () = line.ended.notified() => break line.ending.get().copied(),
                _ = stop.changed(), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    };
    if let Some(ending) = ending {
        line.finish(ending).await;
    }
}

/// [`Line`] as the byte stream that HTTP runs on.
struct LineIo(Arc<Line>);

impl AsyncRead for LineIo {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.stream.poll_read_ready(context))?;
            match self.0.stream.try_read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for LineIo {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.stream.poll_write_ready(context))?;
            match self.0.stream.try_write_vectored(slices) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.0.closes_when_flushed.load(Ordering::Relaxed) {
            self.0.end(Ending::Close);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&self.0.stream).shutdown(std::net::Shutdown::Write))
    }
}

/// A future that never ends; whoever awaits it is dropped with the connection.
pub(crate) async fn forever() -> std::convert::Infallible {
    poll_fn(|_| Poll::Pending).await
}
