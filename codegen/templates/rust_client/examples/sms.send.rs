# async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
use std::time::Duration;

let sms = client.sms().send("+46701234567", "Your code is 4711");
let sent = sms.sender("Acme").ttl(Duration::from_secs(60)).await?;
println!("{}", sent.message_id);
# Ok(())
# }
