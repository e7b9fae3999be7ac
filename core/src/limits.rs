//! Every limit and default of the engine, in one place.

use std::time::Duration;

/// How long a connection may take to come up, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a call may take, waiting, retries and token included.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long one attempt may take. On an operation that is unsafe to repeat it ends when the body is handed over: from
/// then on only the call's own limit counts, so that a slow acceptance is not turned into an unknown outcome.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an app's own token provider may take.
pub const PROVIDER_TIMEOUT: Duration = Duration::from_secs(10);

/// The most retries of one call.
pub const MAX_RETRIES: u32 = 3;

/// Upper bound of the first pause before a retry; it doubles from retry to retry.
pub const BACKOFF_BASE: Duration = Duration::from_millis(250);

/// Upper bound of every pause before a retry.
pub const BACKOFF_CAP: Duration = Duration::from_secs(8);

/// Retries in reserve for all calls of a client together.
pub const RETRY_BUDGET: u32 = 100;

/// How many of them come back every second.
pub const RETRY_BUDGET_PER_SECOND: u64 = 1;

/// How many accepted calls bring one back.
pub const RETRY_BUDGET_ACCEPTED_CALLS: u64 = 10;

/// Requests a second for each project at its address: what the API allows, over all apps and most operations.
pub const REQUESTS_PER_SECOND: u32 = 800;

/// The most attempts of a client at a time. Over HTTP/1.1 each has a connection of its own.
pub const MAX_CONCURRENCY: usize = 256;

/// How long an attempt may wait for its turn.
pub const QUEUE_TIMEOUT: Duration = Duration::from_secs(30);

/// Upper bound of the pauses while the token endpoint answers 429. Its bucket refills 10 times a second.
pub const TOKEN_BACKOFF_CAP: Duration = Duration::from_secs(2);

/// Lower bound of those pauses, whatever `Retry-After` says.
pub const TOKEN_BACKOFF_FLOOR: Duration = Duration::from_millis(50);

/// From this share of a token's life on, a new one is fetched in the background while the old one serves.
pub const TOKEN_REFRESH_AT: f64 = 0.8;

/// The life of a token that does not say when it ends.
pub const TOKEN_DEFAULT_LIFE: Duration = Duration::from_mins(5);

/// How long an idle connection is kept. Short, so that one the server has closed is seldom taken for a send.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// How often an HTTP/2 connection that answers are awaited on is asked whether its other end is there (PING).
pub const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(4);

/// How long that answer may take before the connection is given up. What was on its way then is unknown, or tried again over a
/// new connection where that is safe.
pub const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the rest of an answer may take whose status says already that the call was refused.
pub const REFUSAL_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a client waits after a refresh of its token has failed, while the old token still serves.
pub const TOKEN_REFRESH_PAUSE: Duration = Duration::from_secs(5);

/// The largest answer that is read.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// The longest address of a request, parameters included. Servers commonly refuse longer ones.
pub const MAX_URL_BYTES: usize = 32 * 1024;

/// The most headers that a caller may add to a call. Servers commonly refuse more.
pub const MAX_ADDED_HEADERS: usize = 100;

/// How far from now a callback's timestamp may lie, before or after. The API names no window of its own.
pub const WEBHOOK_TOLERANCE: Duration = Duration::from_mins(5);

/// The most nonces of callbacks that are kept in memory, some 120 bytes each.
pub const NONCES: usize = 100_000;

/// The most messages whose receipts are kept, some 600 bytes each.
pub const RECEIPTS: usize = 100_000;

/// How long the receipts of a message are kept after the last one.
pub const RECEIPTS_AGE: Duration = Duration::from_hours(72);

/// By how much the clocks of this machine and of the API may differ when a lost send is looked for.
pub const SETTLE_MARGIN: Duration = Duration::from_mins(5);

/// How many messages are read in one page when a lost send is looked for.
pub const SETTLE_PAGE_SIZE: u32 = 100;

/// How many such pages are read of one place.
pub const SETTLE_PAGES: usize = 20;
