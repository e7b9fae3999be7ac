import Testing
import Tidings
import TidingsSandbox

@Suite("Being told")
struct EventsTests {
    @Test("an unknown outcome is told once, with its evidence")
    func anUnknownOutcomeIsToldOnce() async throws {
        let (story, told) = (try await Story(), Told())
        let client = try client(of: story, telling: told)
        try await story.afterAcceptance("CLOSE")
        let thrown = try await failure { try await client.execute("sms.send", body: Story.mine("lost")) }
        try await expectToldOnce(of: "lost", told, client, story)
        let error = try #require(await told.errors.first)
        #expect(error.description == thrown.description)
        #expect(error.kind == .unknownOutcome)
        #expect(error.operation == "sms.send")
        #expect(error.sent)
        #expect(error.evidence?.phase == .awaitingAnswer)
    }

    @Test("a send that is cancelled after it went out is told once, with its evidence")
    func aCancelledSendIsToldOnce() async throws {
        let (story, told) = (try await Story(), Told())
        let client = try client(of: story, telling: told)
        try await story.afterAcceptance("HANG")
        let call = Task { try await client.execute("sms.send", body: Story.mine("cut off")) }
        try await story.sendsHaveArrived()
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        try await expectToldOnce(of: "cut off", told, client, story)
        let error = try #require(await told.errors.first)
        #expect(error.kind == .cancelled)
        #expect(error.operation == "sms.send")
        #expect(error.sent)
    }

    @Test("what closing the client leaves unknown is told once each")
    func whatClosingLeavesUnknownIsToldOnce() async throws {
        let (story, told) = (try await Story(), Told())
        let client = try client(of: story, telling: told)
        try await story.afterAcceptance("HANG", times: 3)
        let numbers = ["1", "2", "3"]
        let calls = numbers.map { number in
            Task { try await client.execute("sms.send", body: Story.mine(number)) }
        }
        try await story.sendsHaveArrived(3)
        client.close()
        for call in calls {
            #expect(try await failure { try await call.value }.kind == .unknownOutcome)
        }
        try await eventually("all are told") { await told.errors.count >= 3 }
        #expect(await told.marks.sorted() == numbers)
        #expect(await told.errors.allSatisfy { $0.kind == .unknownOutcome })
    }

    @Test("what is known is not told")
    func whatIsKnownIsNotTold() async throws {
        let (story, told) = (try await Story(), Told())
        let client = try client(of: story, telling: told)
        // It was never sent, it was refused, and it was accepted.
        let unsent = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.execute("sms.send", body: Story.mine("unsent"))
        }
        await #expect(throws: CancellationError.self) { try await unsent.value }
        _ = try await failure { try await client.execute("sms.send", body: Story.text("x", to: "12")) }
        _ = try await client.execute("sms.send", body: Story.mine("accepted"))

        try await story.afterAcceptance("CLOSE")
        _ = try await failure { try await client.execute("sms.send", body: Story.mine("lost")) }
        try await expectToldOnce(of: "lost", told, client, story)
    }

    @Test("a retry is told before it, with its reason and its pause in seconds")
    func aRetryIsToldBeforeIt() async throws {
        let (story, told) = (try await Story(), Told())
        var options = ClientOptions(appID: story.app)
        options.onRetry = { error, pause in
            #expect(pause == 7)
            await told.add(error)
        }
        let client = try story.sandbox.client(options)
        try await story.tooMany(retryAfter: 7)
        let call = Task { try await client.execute("sms.send", body: Story.text("Hello")) }
        try await eventually("the retry is told") { await !told.errors.isEmpty }
        call.cancel()
        let error = try #require(await told.errors.first)
        #expect(error.kind == .rateLimited)
        #expect(error.attempts == 1)
        #expect(error.retryAfter == 7)
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(try await story.requests("messages.send").count == 1)
    }

    @Test("a function may make calls and wait for them")
    func aFunctionMayMakeCalls() async throws {
        let (story, told) = (try await Story(), Told())
        var options = ClientOptions(appID: story.app)
        options.onUnknown = { error in
            guard let apps = try? await story.client.execute("apps.list"), apps.status == 200 else { return }
            await told.add(error)
        }
        let client = try story.sandbox.client(options)
        try await story.afterAcceptance("CLOSE")
        _ = try await failure { try await client.execute("sms.send", body: Story.mine("lost")) }
        try await eventually("it was told, and made its call") { await told.marks == ["lost"] }
    }

    @Test("a function that does not end holds up nobody")
    func aFunctionThatHangsHoldsUpNobody() async throws {
        let (story, told) = (try await Story(), Told())
        var options = ClientOptions(appID: story.app)
        options.onUnknown = { error in
            await told.add(error)
            try? await Task.sleep(nanoseconds: 3_600_000_000_000)
        }
        let client = try story.sandbox.client(options)
        try await story.afterAcceptance("CLOSE")
        _ = try await failure { try await client.execute("sms.send", body: Story.mine("lost")) }
        try await eventually("it is told") { await told.marks == ["lost"] }
        #expect(try await client.execute("sms.send", body: Story.text("Hello")).status == 200)
    }

    @Test("a client that nobody holds lets its functions go")
    func aDroppedClientLetsItsFunctionsGo() async throws {
        let story = try await Story()
        weak var gone: Told?
        do {
            let told = Told()
            gone = told
            let client = try client(of: story, telling: told)
            _ = try await client.execute("sms.send", body: Story.text("Hello"))
        }
        try await eventually("what the function held is let go") { gone == nil }
    }

    /// A client whose `onUnknown` notes what it is told.
    private func client(of story: Story, telling told: Told) throws -> Client {
        try story.sandbox.client(ClientOptions(appID: story.app, onUnknown: { await told.add($0) }))
    }

    /// That a send was told of once. A second time would come before what happens afterwards does.
    private func expectToldOnce(
        of correlationID: String, _ told: Told, _ client: Client, _ story: Story
    ) async throws {
        try await eventually("it is told") { await !told.errors.isEmpty }
        try await story.afterAcceptance("CLOSE")
        _ = try await failure { try await client.execute("sms.send", body: Story.mine("afterwards")) }
        try await eventually("it is told again") { await told.marks.contains("afterwards") }
        #expect(await told.marks == [correlationID, "afterwards"])
    }
}

/// What a function was told of.
private actor Told {
    private(set) var errors: [TidingsError] = []

    /// The correlation ids of the calls.
    var marks: [String] { errors.compactMap(\.evidence?.correlationID) }

    func add(_ error: TidingsError) {
        errors.append(error)
    }
}
