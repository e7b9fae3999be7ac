import Testing
import Tidings

@Suite("Cancelling")
struct CancellationTests {
    @Test("a cancelled call closes its connection")
    func aCancelledCallClosesItsConnection() async throws {
        let story = try await Story()
        try await story.afterAcceptance("HANG")
        let call = Task { try await story.client.execute("sms.send", body: Story.text("Hello")) }
        try await story.sendsHaveArrived()
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        try await story.sendsAreAbandoned()
    }

    @Test("a task that is cancelled beforehand sends nothing")
    func aTaskCancelledBeforehandSendsNothing() async throws {
        let story = try await Story()
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await story.client.execute("sms.send", body: Story.text("Hello"))
        }
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(try await story.requests("messages.send").isEmpty)
    }

    @Test("cancelling one call leaves the others alone")
    func cancellingOneLeavesTheOthersAlone() async throws {
        let story = try await Story()
        try await story.afterAcceptance("HANG")
        let hanging = Task { try await story.client.execute("sms.send", body: Story.text("first")) }
        try await story.sendsHaveArrived()
        async let other = story.client.execute("sms.send", body: Story.text("second"))
        hanging.cancel()
        #expect(try await other.status == 200)
        await #expect(throws: CancellationError.self) { try await hanging.value }
    }

    @Test("a call that has its answer is not undone by a later cancel")
    func aLateCancelChangesNothing() async throws {
        let story = try await Story()
        let call = Task { try await story.client.execute("sms.send", body: Story.text("Hello")) }
        #expect(try await call.value.status == 200)
        call.cancel()
        #expect(try await call.value.status == 200)
        #expect(try await story.ledger().count == 1)
    }
}
