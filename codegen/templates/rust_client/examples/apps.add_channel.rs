# async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
use tidings::models::{ChannelCredentialsRequest, ConversationChannel, StaticBearerCredentials};

let plan = StaticBearerCredentials::new("service plan id", "API token");
let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, plan);
let app = client.apps().add_channel("01HKWT3XRVH6RP17S8KSBC4PYR", sms).await?;
println!("{} channels", app.channel_credentials.len());
# Ok(())
# }
