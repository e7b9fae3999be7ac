import Foundation
import Testing
import Tidings
import TidingsSandbox

/// A sandbox of a test's own, with an app that can send text messages and a client of that app.
struct Story {
    let sandbox: Sandbox
    let client: Client
    let app: String
    /// A client that no test closes, to ask the sandbox what it saw.
    private let observer: Client

    /// The handset that the tests send to.
    static let handset = "+46701234567"

    /// Text to a handset, as `sms.send` takes it.
    static func text(_ text: String, to handset: String = handset) -> String {
        #"{"to": "\#(handset)", "text": "\#(text)"}"#
    }

    /// Text to a handset that can be told from others.
    static func mine(_ correlationID: String) -> String {
        #"{"to": "\#(handset)", "text": "Hello", "correlation_id": "\#(correlationID)"}"#
    }

    init() async throws {
        sandbox = try Sandbox.start()
        observer = try sandbox.client()
        app = try await observer.execute("apps.create", body: App.withSMS).json(as: App.self).id
        client = try sandbox.client(ClientOptions(appID: app))
    }

    /// What the handset got, once nothing is on its way any more.
    func ledger(of handset: String = handset) async throws -> [Ledger.Arrival] {
        _ = try await observer.execute("sandbox.run_until_idle")
        return try await observer.execute("sandbox.ledger", query: ["to": handset]).json(as: Ledger.self).arrivals
    }

    /// The requests of that operation that the sandbox saw.
    func requests(_ operation: String) async throws -> [Journal.Request] {
        let response = try await observer.execute("sandbox.list_requests", query: ["operation": operation])
        return try response.json(as: Journal.self).requests
    }

    /// From now on something goes wrong: a fault as `sandbox.add_fault` takes it.
    func fault(_ fault: String) async throws {
        _ = try await observer.execute("sandbox.add_fault", body: fault)
    }

    /// The API answers the next send with 429.
    func tooMany(retryAfter: Int) async throws {
        try await fault(
            #"""
            {"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "messages.send", "status": 429,
             "headers": {"retry-after": "\#(retryAfter)"}}
            """#)
    }

    /// The list of apps is out of order that many times.
    func unavailable(times: Int) async throws {
        try await fault(
            #"""
            {"stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "apps.list", "status": 503, "times": \#(times)}
            """#)
    }

    /// Sends that are accepted from now on get no answer: the connection is closed, or hangs.
    func afterAcceptance(_ action: String, times: Int = 1) async throws {
        try await fault(
            """
            {"stage": "AFTER_ACCEPT", "action": "\(action)", "operation": "messages.send", "times": \(times)}
            """)
    }

    /// Waits until that many sends have reached the sandbox.
    func sendsHaveArrived(_ count: Int = 1) async throws {
        try await eventually("\(count) sends reach the sandbox") {
            try await requests("messages.send").count == count
        }
    }

    /// Waits until the caller of each send has closed its connection.
    func sendsAreAbandoned(_ count: Int = 1) async throws {
        try await eventually("the connections of \(count) sends are closed") {
            try await requests("messages.send").filter { $0.abandoned == true }.count == count
        }
    }
}

struct App: Decodable {
    let id: String

    /// What makes an app that can send text messages.
    static let withSMS = """
        {"channel_credentials": [{"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "token"}}],
         "display_name": "tests"}
        """
}

struct Ledger: Decodable {
    let arrivals: [Arrival]

    struct Arrival: Decodable {
        let to: String
        let text: String?
        let message_id: String
    }
}

struct Journal: Decodable {
    let requests: [Request]

    struct Request: Decodable {
        let status: Int?
        let abandoned: Bool?
    }
}

struct Sent: Decodable {
    let message_id: String
}

/// Waits until something is so.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = Date(timeIntervalSinceNow: 20)
    while try await !condition() {
        guard Date() < deadline else { throw NeverHappened(what: what) }
        try await Task.sleep(nanoseconds: 5_000_000)
    }
}

struct NeverHappened: Error {
    let what: String
}

/// What a call fails with.
func failure(
    _ location: SourceLocation = #_sourceLocation, of work: () async throws -> some Any
) async throws -> TidingsError {
    do {
        _ = try await work()
    } catch let error as TidingsError {
        return error
    }
    return try #require(nil as TidingsError?, "it should have failed", sourceLocation: location)
}
