//! Tidings at work: an app with an SMS channel, a webhook, one SMS and one flash SMS, and the signed receipts that say
//! they arrived. In the local sandbox, or with `--live` on the real API.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a demo talks to its user")]

mod live;
mod print;
mod receiver;

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use tidings::models::{
    AddSandboxFaultRequest, App, ChannelCredentialsRequest, ConversationChannel, CreateAppRequest,
    CreateWebhookRequest, DeliveryStatus, SandboxFaultAction, SandboxFaultStage, StaticBearerCredentials,
    WebhookTargetType, WebhookTrigger,
};
use tidings::webhooks::Event;
use tidings::{Client, Config, Credentials};
use tidings_sandbox::{Options, Sandbox};

use crate::live::Live;
use crate::print::Story;
use crate::receiver::Receiver;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How long to wait for both receipts.
const PATIENCE: Duration = Duration::from_mins(1);

/// The name of the app that the demo makes.
const APP_NAME: &str = "Tidings demo";

const TEXT: &str = "Your parcel is at the door.";
const LOST: &str = "Are you there?";
const FLASH: &str = "It is raining, and it is a cardboard box.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        None => sandbox().await,
        Some("--live") => live().await,
        Some(_) => Err("usage: cargo xtask demo [--live]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nThe demo stopped: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the story needs to know of the place it plays in.
struct Scene {
    client: Client,
    base_url: String,
    project_id: String,
    service_plan_id: String,
    api_token: String,
    webhook_url: String,
    webhook_secret: String,
    to: String,
}

async fn sandbox() -> Result<()> {
    let mut story = Story::new("one SMS and one flash SMS, from a typed call to a handset and back");
    let sandbox = Sandbox::start(Options::default())?;
    let secret = "a secret of this demo";
    let receiver = Receiver::start(0, secret).await?;
    story.chapter("Sandbox", &format!("{} plays the API on this machine; nothing leaves it", sandbox.url()));

    let project_id = "sandbox-project";
    let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
    let client = Client::new(Config::new(project_id, credentials).base_url(sandbox.url()))?;
    let scene = Scene {
        client: client.clone(),
        base_url: sandbox.url().to_owned(),
        project_id: project_id.to_owned(),
        service_plan_id: "sandbox-service-plan".to_owned(),
        api_token: "sandbox-api-token".to_owned(),
        webhook_url: receiver.url(),
        webhook_secret: secret.to_owned(),
        to: "+46701234567".to_owned(),
    };
    let app = create_app(&mut story, &scene).await?;
    play(&mut story, &scene, &app, receiver).await?;

    let ledger = client.sandbox().ledger().to(&scene.to).await?;
    story.chapter(
        "Handset",
        "the sandbox's ledger, the referee: what the phone really got, in the order of arrival",
    );
    Story::handset(
        &scene.to,
        ledger
            .arrivals
            .iter()
            .map(|arrival| (arrival.text.as_deref().unwrap_or_default(), arrival.flash.unwrap_or_default())),
    );
    lose_an_answer(&mut story, &scene, &app).await?;
    sandbox.stop();
    story.end("Both were delivered, each exactly once, and nothing was sent behind your back.");
    Ok(())
}

async fn live() -> Result<()> {
    let live = Live::from_environment()?;
    let mut story = Story::new("one SMS and one flash SMS over the real API");
    if !live.confirm()? {
        return Err("nothing was sent".into());
    }
    let receiver = Receiver::start(live.port, &live.webhook_secret).await?;
    story.chapter(
        "Webhook",
        &format!("listening on {}; the API will call {}", receiver.url(), live.webhook_url),
    );
    let scene = live.scene()?;
    let app = create_app(&mut story, &scene).await?;
    let played = play(&mut story, &scene, &app, receiver).await;
    // Whatever happened in between: what the demo made goes again.
    for webhook in &scene.client.webhooks().list(&app.id).await?.webhooks {
        scene.client.webhooks().delete(&webhook.id).await?;
    }
    scene.client.apps().delete(&app.id).await?;
    story.chapter("Clean-up", "the demo's app and webhook are deleted again");
    played?;
    story.end("Both were delivered.");
    Ok(())
}

/// What Tidings is made for: the API accepts a send, and its answer gets lost.
async fn lose_an_answer(story: &mut Story, scene: &Scene, app: &App) -> Result<()> {
    story.chapter(
        "Lost answer",
        "once more, and this time the connection breaks after the API has accepted the text",
    );
    let fault = AddSandboxFaultRequest::new(SandboxFaultStage::AfterAccept, SandboxFaultAction::Close);
    scene.client.sandbox().add_fault(fault.operation("messages.send")).await?;
    let Err(error) = scene.client.sms().send(&scene.to, LOST).app_id(&app.id).await else {
        return Err("a send whose answer was lost was taken for accepted".into());
    };
    story.error(&error.to_string());
    scene.client.sandbox().run_until_idle().await?;
    let ledger = scene.client.sandbox().ledger().to(&scene.to).await?;
    let times = ledger.arrivals.iter().filter(|arrival| arrival.text.as_deref() == Some(LOST)).count();
    story.note(&format!("arrivals in the ledger: {times}. A library that guessed would have sent it twice."));
    Ok(())
}

/// The story itself, the same in both places.
async fn play(story: &mut Story, scene: &Scene, app: &App, mut receiver: Receiver) -> Result<()> {
    create_webhook(story, scene, app).await?;
    let sent = send(story, scene, app).await?;
    receive(story, &mut receiver, sent).await
}

async fn create_app(story: &mut Story, scene: &Scene) -> Result<App> {
    let channel = ChannelCredentialsRequest::static_bearer(
        ConversationChannel::Sms,
        StaticBearerCredentials::new(&scene.service_plan_id, &scene.api_token),
    );
    let request = CreateAppRequest::new(vec![channel], APP_NAME);
    story.chapter(
        "App",
        "made by API, with an SMS channel (service plan id and token); the first call gets the token",
    );
    story.token(&scene.base_url);
    story.curl(scene, "apps.create", &serde_json::to_value(&request)?);
    let app = scene.client.apps().create(request).await?;
    story.answer(app.status(), &format!("app {}", app.id));
    Ok(app.into_inner())
}

async fn create_webhook(story: &mut Story, scene: &Scene, app: &App) -> Result<()> {
    let request = CreateWebhookRequest::new(&scene.webhook_url)
        .app_id(&app.id)
        .target_type(WebhookTargetType::Http)
        .triggers(vec![WebhookTrigger::MessageDelivery])
        .secret(&scene.webhook_secret);
    story.chapter("Webhook", "delivery receipts go to this process, signed with a secret");
    story.curl(scene, "webhooks.create", &serde_json::to_value(&request)?);
    let webhook = scene.client.webhooks().create(request).await?;
    story.answer(webhook.status(), &format!("webhook {}", webhook.id));
    Ok(())
}

/// Sends the SMS and the flash SMS, and gives their ids.
async fn send(story: &mut Story, scene: &Scene, app: &App) -> Result<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    for (chapter, text, flash) in [("SMS", TEXT, false), ("Flash SMS", FLASH, true)] {
        let call = if flash { ".flash(true)" } else { "" };
        story.chapter(
            chapter,
            &format!("client.sms().send(to, text){call}.await, which becomes messages.send"),
        );
        let mut body = serde_json::json!({
            "app_id": app.id,
            "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": scene.to}]}},
            "message": {"text_message": {"text": text}},
        });
        if flash {
            body["channel_properties"] = serde_json::json!({"SMS_FLASH_MESSAGE": "true"});
        }
        story.curl(scene, "messages.send", &body);
        let mut request = scene.client.sms().send(&scene.to, text).app_id(&app.id);
        if flash {
            request = request.flash(true);
        }
        let sent = request.await?;
        story.answer(sent.status(), &format!("accepted as message {}", sent.message_id));
        ids.insert(sent.message_id.clone());
    }
    Ok(ids)
}

/// Waits until every message is delivered, by callbacks whose signatures were checked.
async fn receive(story: &mut Story, receiver: &mut Receiver, mut waiting: BTreeSet<String>) -> Result<()> {
    story
        .chapter("Receipts", "each callback's signature is checked over its raw bytes before it is believed");
    let all = async {
        while !waiting.is_empty() {
            let Event::MessageDelivery(callback) = receiver.next().await? else { continue };
            let report = &callback.message_delivery_report;
            let (Some(id), Some(status)) = (&report.message_id, &report.status) else { continue };
            story.receipt(id, status.as_str());
            match status {
                DeliveryStatus::Delivered | DeliveryStatus::Read => {
                    waiting.remove(id);
                }
                DeliveryStatus::Failed => {
                    let reason = report.reason.as_ref().and_then(|reason| reason.code.as_ref());
                    return Err(format!("message {id} failed: {reason:?}").into());
                }
                _ => {}
            }
        }
        Ok(())
    };
    match tokio::time::timeout(PATIENCE, all).await {
        Ok(result) => result,
        Err(_) => Err(format!("no receipt within {} s for every message", PATIENCE.as_secs()).into()),
    }
}
