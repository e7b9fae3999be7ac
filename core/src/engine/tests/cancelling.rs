//! Calls that nobody waits for any more.

use std::sync::Mutex;

use super::script::*;

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_before_the_hand_over_leaves_no_trace() {
    let stage = stage([Turn::NoConnection]);
    assert!(tokio::time::timeout(Duration::from_secs(1), stage.send()).await.is_err());
    assert_eq!(stage.taken(), 0);
}

/// Runs a send to its end, and calls it off before anybody was told of the end.
async fn called_off_at_the_end(turn: Turn) -> (Result<Response, Error>, Error) {
    let stage = stage([turn]);
    let call = sms();
    let watch = Watch::new(call.operation);
    let result = stage.engine.execute_watched(call, &watch).await;
    let verdict = watch.interrupt(crate::watch::Interruption::Cancelled).unwrap();
    (result, verdict)
}

#[tokio::test(start_paused = true)]
async fn a_send_called_off_while_its_end_is_told_never_counts_as_not_sent() {
    for turn in [Turn::answer(200, ACCEPTED), Turn::answer(200, "{}"), Turn::answer(500, ""), Turn::Drop] {
        let (_, verdict) = called_off_at_the_end(turn).await;
        assert_eq!((verdict.kind(), verdict.sent(), verdict.attempts()), (ErrorKind::Cancelled, true, 1));
        assert_eq!(verdict.evidence().unwrap().message_metadata.as_deref(), Some("mine"));
    }
    let (result, verdict) = called_off_at_the_end(Turn::answer(400, "")).await;
    assert!(!result.unwrap_err().sent() && !verdict.sent() && verdict.evidence().is_none());
}

/// A client with a script, and what `on_unknown` was told.
fn stage_telling(turns: impl IntoIterator<Item = Turn>) -> (Stage, Arc<Mutex<Vec<Error>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let stage =
        stage_with(turns, |config| config.on_unknown(move |error| seen.lock().unwrap().push(error.clone())));
    (stage, told)
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_after_the_hand_over_is_told_with_its_evidence() {
    let (stage, told) = stage_telling([Turn::Silence]);
    assert!(tokio::time::timeout(Duration::from_secs(1), stage.send()).await.is_err());
    let told = told.lock().unwrap();
    let [error] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Cancelled, true, 1));
    assert_eq!(error.operation(), Some("sms.send"));
    let evidence = error.evidence().unwrap();
    assert_eq!(evidence.message_metadata.as_deref(), Some("mine"));
    assert_eq!(evidence.elapsed, Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_left_no_trace_or_does_no_harm_is_not_told() {
    let (stage, told) = stage_telling([Turn::NoConnection, Turn::Silence, Turn::answer(400, "{}")]);
    let second = Duration::from_secs(1);
    assert!(tokio::time::timeout(second, stage.send()).await.is_err());
    assert!(tokio::time::timeout(second, stage.list()).await.is_err());
    stage.send().await.unwrap_err();
    assert!(told.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_told_once_whoever_waits_for_it() {
    let (stage, told) = stage_telling([Turn::Drop]);
    let error = stage.send().await.unwrap_err();
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].kind(), told[0].evidence()), (ErrorKind::UnknownOutcome, error.evidence()));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_called_off_from_outside_is_told_once_too() {
    let (stage, told) = stage_telling([Turn::Silence]);
    let watch = Watch::new(sms().operation);
    {
        let mut call = Box::pin(stage.engine.execute_watched(sms(), &watch));
        assert!(tokio::time::timeout(Duration::from_secs(1), &mut call).await.is_err());
        assert!(watch.interrupt(Interruption::Closed).unwrap().evidence().is_some());
    }
    let told = told.lock().unwrap();
    let kinds: Vec<ErrorKind> = told.iter().map(Error::kind).collect();
    assert_eq!(kinds, [ErrorKind::UnknownOutcome]);
}

#[tokio::test(start_paused = true)]
async fn a_send_in_doubt_stays_so_while_it_waits_for_its_replay() {
    let (stage, told) = stage_telling([Turn::with_headers(503, &[("retry-after", "20")])]);
    let call = sms().options(CallOptions::default().replay_unknown(true));
    assert!(tokio::time::timeout(Duration::from_secs(5), stage.engine.execute(call)).await.is_err());
    let told = told.lock().unwrap();
    assert_eq!((told.len(), told[0].kind(), told[0].sent()), (1, ErrorKind::Cancelled, true));
    assert_eq!(told[0].evidence().unwrap().message_metadata.as_deref(), Some("mine"));
}
