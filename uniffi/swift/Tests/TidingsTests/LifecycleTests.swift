import Testing
import Tidings
import TidingsSandbox

@Suite("From start to close")
struct LifecycleTests {
    @Test("closing ends calls under way: what may have been carried out is unknown")
    func closingEndsCallsUnderWay() async throws {
        let story = try await Story()
        try await story.afterAcceptance("HANG", times: 3)
        let calls = (1...3).map { number in
            Task { try await story.client.execute("sms.send", body: Story.text("number \(number)")) }
        }
        try await story.sendsHaveArrived(3)
        story.client.close()
        for call in calls {
            let error = try await failure { try await call.value }
            #expect(error.kind == .unknownOutcome)
            #expect(error.sent)
            #expect(error.evidence != nil)
        }
        try await story.sendsAreAbandoned(3)
    }

    @Test("a server that closes while a body is written ends the call, and not the process")
    func aBrokenPipeIsAnErrorAndNoSignal() async throws {
        let story = try await Story()
        let text = String(repeating: "x", count: 64 << 20)
        let error = try await failure { try await story.client.execute("sms.send", body: Story.text(text)) }
        #expect([.invalidRequest, .unknownOutcome].contains(error.kind))
        #expect(try await story.ledger().isEmpty)
    }

    @Test("a closed client sends nothing, however often it is closed")
    func aClosedClientSendsNothing() async throws {
        let story = try await Story()
        story.client.close()
        story.client.close()
        let error = try await failure {
            try await story.client.execute("sms.send", body: Story.text("Hello"))
        }
        #expect(error.kind == .closed)
        #expect(!error.sent)
        #expect(try await story.requests("messages.send").isEmpty)
    }

    @Test("a call ends although nobody holds the client any more")
    func aCallOutlivesItsVariable() async throws {
        let story = try await Story()
        func call() throws -> Task<Response, any Error> {
            let client = try story.sandbox.client(ClientOptions(appID: story.app))
            return Task { try await client.execute("sms.send", body: Story.text("Hello")) }
        }
        #expect(try await call().value.status == 200)
    }

    @Test("a stopped sandbox answers no more, and its port can be had again")
    func aStoppedSandboxFreesItsPort() async throws {
        let first = try Sandbox.start()
        let client = try first.client()
        _ = try await client.execute("apps.list")
        first.stop()
        first.stop()
        let error = try await failure { try await client.execute("apps.list", maxRetries: 0) }
        #expect(error.kind == .connect)

        let port = try #require(first.url.split(separator: ":").last.flatMap { Int($0) })
        let second = try Sandbox.start(port: port)
        #expect(second.url == first.url)
        let refused = try await failure { try Sandbox.start(port: port) }
        #expect(refused.kind == .config)
    }

    @Test("two sandboxes of one seed draw the same ids")
    func oneSeedDrawsTheSameIds() async throws {
        /// The part of an app's id that is drawn; what stands before it is the time.
        func drawn(seed: Int) async throws -> Substring {
            let sandbox = try Sandbox.start(seed: seed)
            defer { sandbox.stop() }
            let response = try await sandbox.client().execute("apps.create", body: App.withSMS)
            return try response.json(as: App.self).id.dropFirst(10)
        }
        let first = try await drawn(seed: 7)
        #expect(try await drawn(seed: 7) == first)
        #expect(try await drawn(seed: 8) != first)
    }
}
