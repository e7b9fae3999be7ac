# async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
use tidings::models::{
    AppMessage, ChannelRecipientIdentity, ConversationChannel, IdentifiedBy, Recipient, SendMessageRequest,
};

let number = ChannelRecipientIdentity::new(ConversationChannel::Sms, "+46701234567");
let recipient = Recipient::identified_by(IdentifiedBy::new([number]));
let sent = client.messages().send(SendMessageRequest::new(recipient, AppMessage::text("Hello"))).await?;
println!("{}", sent.message_id);
# Ok(())
# }
