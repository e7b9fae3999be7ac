// A text message through the sandbox: no account, no phone, no network.

import Tidings
import TidingsSandbox

struct App: Decodable { let id: String }

let sandbox = try Sandbox.start()
let key = ClientOptions(
    projectID: "my-project", keyID: sandbox.keyID, keySecret: sandbox.keySecret, baseURL: sandbox.url)

// An app that sends by SMS. Any credentials of a service plan will do here.
let body = """
    {"channel_credentials": [{"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "token"}}],
     "display_name": "My app"}
    """
let app = try await Client(key).execute("apps.create", body: body).json(as: App.self)

var options = key
options.appID = app.id
let client = try Client(options)
let sent = try await client.execute("sms.send", body: #"{"to": "+46701234567", "text": "Your code is 4711"}"#)
print("accepted with status \(sent.status)")

// What the handset got.
_ = try await client.execute("sandbox.run_until_idle")
let ledger = try await client.execute("sandbox.ledger", query: ["to": "+46701234567"])
print(String(decoding: ledger.body, as: UTF8.self))
