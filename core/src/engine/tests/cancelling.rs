//! Calls that nobody waits for any more.

use std::sync::Mutex;

use super::script::*;

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_before_the_hand_over_leaves_no_trace() {
    let stage = stage([Turn::NoConnection]);
    assert!(tokio::time::timeout(Duration::from_secs(1), stage.send()).await.is_err());
    assert_eq!(stage.taken(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_ended_cannot_be_called_off_whoever_was_told_of_the_end() {
    for turn in [Turn::answer(200, ACCEPTED), Turn::answer(500, ""), Turn::Drop, Turn::answer(400, "")] {
        let (stage, told) = stage_telling([turn]);
        let watch = Watch::new(sms().operation);
        let result = stage.engine.execute_watched(sms(), &watch).await;
        assert!(watch.interrupt(Interruption::Cancelled).is_none());
        let is_unknown = result.is_err_and(|error| error.kind() == ErrorKind::UnknownOutcome);
        assert_eq!(told.lock().unwrap().len(), usize::from(is_unknown));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_was_told_when_it_called_off_is_told_to_on_unknown_though_an_answer_came() {
    let (stage, told) = stage_telling([Turn::slow(Duration::ZERO, Duration::from_secs(1), 200, ACCEPTED)]);
    let watch = Watch::new(sms().operation);
    let call = stage.engine.execute_watched(sms(), &watch);
    let call_off = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        watch.interrupt(Interruption::Cancelled).unwrap()
    };
    let (result, verdict) = tokio::join!(call, call_off);
    assert!(result.is_ok() && verdict.evidence().is_some());
    assert_eq!(told.lock().unwrap().len(), 1);
    let seen = stage.engine.statistics();
    assert_eq!((seen.accepted, seen.unknown, seen.under_way()), (0, 1, 0));
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

#[tokio::test(start_paused = true)]
async fn whatever_made_it_unknown_a_send_that_waits_for_its_replay_never_counts_as_not_sent() {
    let unclear = [
        Turn::answer(200, "{}"),
        Turn::answer(302, ""),
        Turn::answer(101, ""),
        Turn::answer(408, ""),
        Turn::answer(500, ""),
        Turn::Drop,
    ];
    for turn in unclear {
        let watch = Arc::new(Watch::new(sms().operation));
        let (off, verdicts) = (Arc::clone(&watch), Arc::new(Mutex::new(Vec::new())));
        let seen = Arc::clone(&verdicts);
        // Told of the retry, its caller calls it off.
        let stage = stage_with([turn], |config| {
            config.on_retry(move |_| seen.lock().unwrap().extend(off.interrupt(Interruption::Cancelled)))
        });
        let call = sms().options(CallOptions::default().replay_unknown(true));
        let result = stage.engine.execute_watched(call, &watch).await;
        assert!(result.is_err());
        let verdicts = verdicts.lock().unwrap();
        let [verdict] = verdicts.as_slice() else { panic!("{verdicts:?}") };
        assert_eq!((verdict.kind(), verdict.sent()), (ErrorKind::Cancelled, true));
        assert_eq!(verdict.evidence().unwrap().message_metadata.as_deref(), Some("mine"));
    }
}
