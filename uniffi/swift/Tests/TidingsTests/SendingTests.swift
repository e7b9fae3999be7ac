import Foundation
import Testing
import Tidings

@Suite("Sending")
struct SendingTests {
    @Test("a text reaches its handset once")
    func aTextReachesItsHandsetOnce() async throws {
        let story = try await Story()
        let response = try await story.client.execute("sms.send", body: Story.text("Your code is 4711"))
        let sent = try response.json(as: Sent.self)
        #expect(response.status == 200)
        #expect(response.attempts == 1)

        let arrivals = try await story.ledger()
        #expect(arrivals.map(\.text) == ["Your code is 4711"])
        #expect(arrivals.map(\.message_id) == [sent.message_id])
    }

    @Test("an answer keeps its bytes and its headers")
    func anAnswerKeepsItsBytes() async throws {
        let story = try await Story()
        let body = #" { "id" : "x" , "new field" : 1.50 } "#
        let fault = try JSONEncoder().encode([
            "stage": "BEFORE_ACCEPT", "action": "RESPOND", "operation": "apps.get", "body": body,
        ]).with("status", "200").with("headers", #"{"x-mine": "Yes"}"#)
        _ = try await story.client.execute("sandbox.add_fault", body: fault)

        let response = try await story.client.execute("apps.get", path: ["app_id": story.app])
        #expect(String(decoding: response.body, as: UTF8.self) == body)
        #expect(response.header("X-Mine") == "Yes")
        #expect(response.headers.contains { $0.name == "x-mine" && $0.value == "Yes" })
    }

    @Test("a refused body names its place, and nothing is sent")
    func aRefusedBodyNamesItsPlace() async throws {
        let story = try await Story()
        let error = try await failure {
            try await story.client.execute("sms.send", body: Story.text("x", to: "12"))
        }
        #expect(error.kind == .invalidRequest)
        #expect(error.path == "$.to")
        #expect(error.operation == "sms.send")
        #expect(!error.sent)
        #expect(error.attempts == 0)
        #expect(try await story.requests("messages.send").isEmpty)
    }

    @Test("accepted and then dropped is an unknown outcome, and is not sent again")
    func acceptedThenDroppedIsUnknown() async throws {
        let story = try await Story()
        try await story.afterAcceptance("CLOSE")
        let body = #"""
            {"to": "\#(Story.handset)", "text": "Hello", "correlation_id": "mine", "message_metadata": "order 7"}
            """#
        let began = Date()
        let error = try await failure { try await story.client.execute("sms.send", body: body) }
        #expect(error.kind == .unknownOutcome)
        #expect(error.sent)
        #expect(!error.retryable)
        #expect(error.attempts == 1)

        let evidence = try #require(error.evidence)
        #expect(evidence.phase == .awaitingAnswer)
        #expect(evidence.correlationID == "mine")
        #expect(evidence.messageMetadata == "order 7")
        #expect(evidence.elapsed > 0)
        #expect(abs(evidence.startedAt.timeIntervalSince(began)) < 60)

        #expect(try await story.ledger().count == 1)
        #expect(try await story.requests("messages.send").count == 1)
    }

    @Test("whoever would rather have it twice than not at all may get it twice")
    func replayedItMayArriveTwice() async throws {
        let story = try await Story()
        let text = Story.text("Hello")
        try await story.afterAcceptance("CLOSE")
        #expect(try await story.client.execute("sms.send", body: text, replayUnknown: true).attempts == 2)
        #expect(try await story.ledger().count == 2)
        // A body of bytes is no different, and the choice is for one call.
        try await story.afterAcceptance("CLOSE")
        let replayed = try await story.client.execute("sms.send", body: Data(text.utf8), replayUnknown: true)
        #expect(replayed.attempts == 2)
        try await story.afterAcceptance("CLOSE")
        #expect(try await failure { try await story.client.execute("sms.send", body: text) }.attempts == 1)
    }

    @Test("what the API refuses keeps its status, code and body")
    func aRefusalOfTheAPIKeepsItsParts() async throws {
        let story = try await Story()
        let error = try await failure {
            try await story.client.execute("apps.get", path: ["app_id": "01HXXXXXXXXXXXXXXXXXXXXXXX"])
        }
        #expect(error.kind == .notFound)
        #expect(error.status == 404)
        #expect(error.code == "NOT_FOUND")
        #expect(error.requestID != nil)
        #expect(!error.sent)
        let body = try #require(error.body)
        #expect(try JSONSerialization.jsonObject(with: body) is [String: Any])
    }

    @Test("how long the API asks to wait is told in seconds")
    func howLongToWaitIsInSeconds() async throws {
        let story = try await Story()
        try await story.tooMany(retryAfter: 7)
        let error = try await failure {
            try await story.client.execute("sms.send", body: Story.text("Hello"), maxRetries: 0)
        }
        #expect(error.kind == .rateLimited)
        #expect(error.retryAfter == 7)
        #expect(error.retryable)
    }

    @Test("a call that nobody knows is refused")
    func anUnknownOperationIsRefused() async throws {
        let story = try await Story()
        let error = try await failure { try await story.client.execute("sms.lost") }
        #expect(error.kind == .config)
        #expect(!error.sent)
    }

    @Test("fifty texts at once, from fifty tasks with one client, arrive once each")
    func fiftyAtOnceArriveOnceEach() async throws {
        let story = try await Story()
        try await withThrowingTaskGroup(of: Response.self) { group in
            for number in 1...50 {
                group.addTask { try await story.client.execute("sms.send", body: Story.text("number \(number)")) }
            }
            for try await response in group { #expect(response.status == 200) }
        }
        let texts = try await story.ledger().compactMap(\.text)
        #expect(texts.count == 50)
        #expect(Set(texts) == Set((1...50).map { "number \($0)" }))
    }
}

extension Data {
    /// A JSON object with one more field, given as JSON text.
    fileprivate func with(_ name: String, _ json: String) -> Data {
        Data(String(decoding: self, as: UTF8.self).dropLast().utf8) + Data(#", "\#(name)": \#(json)}"#.utf8)
    }
}
