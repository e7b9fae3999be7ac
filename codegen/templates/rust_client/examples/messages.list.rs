# async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
let mut messages = client.messages().list().contact_id("01HKWT3XRVH6RP17S8KSBC4PYR").items();
while let Some(message) = messages.next().await {
    println!("{:?}", message?.id);
}
# Ok(())
# }
