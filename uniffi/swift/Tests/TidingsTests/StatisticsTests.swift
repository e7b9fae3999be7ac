import Testing
import Tidings
import TidingsSandbox

@Suite("Statistics")
struct StatisticsTests {
    @Test("every call is counted once by how it ended")
    func everyCallIsCountedOnce() async throws {
        let story = try await Story()
        let client = story.client
        #expect(numbers(of: client) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0])

        _ = try await client.execute("sms.send", body: Story.text("accepted"))
        try await story.unavailable(times: 1)
        _ = try await client.execute("apps.list")
        _ = try await failure { try await client.execute("sms.send", body: Story.text("refused", to: "12")) }
        try await story.afterAcceptance("CLOSE")
        _ = try await failure { try await client.execute("sms.send", body: Story.text("unknown")) }

        try await story.fault(#"{"stage": "BEFORE_ACCEPT", "action": "HANG", "operation": "apps.list"}"#)
        let hanging = Task { try await client.execute("apps.list") }
        try await eventually("the fifth attempt is made") { client.statistics().attempts == 5 }
        #expect(client.statistics().underWay == 1)
        hanging.cancel()
        await #expect(throws: CancellationError.self) { try await hanging.value }
        try await eventually("it is counted") { client.statistics().underWay == 0 }

        // Accepted, failed, unknown, cancelled; attempts, retries, tokens; waiting and under way.
        let expected = [5, 2, 1, 1, 1, 5, 1, 1, 0, 0]
        #expect(numbers(of: client) == expected)
        client.close()
        _ = try await failure { try await client.execute("apps.list") }
        #expect(numbers(of: client) == expected)
    }

    @Test("attempts that wait for their turn are counted")
    func waitingAttemptsAreCounted() async throws {
        let story = try await Story()
        let client = try story.sandbox.client(ClientOptions(appID: story.app, maxConcurrency: 1))
        try await story.afterAcceptance("HANG")
        let first = Task { try await client.execute("sms.send", body: Story.text("Hello")) }
        try await story.sendsHaveArrived()
        let second = Task { try await client.execute("apps.list") }
        try await eventually("the second one waits") { client.statistics().waiting == 1 }
        first.cancel()
        #expect(try await second.value.status == 200)
        #expect(client.statistics().waiting == 0)
    }

    /// All numbers, in their order.
    private func numbers(of client: Client) -> [Int] {
        Mirror(reflecting: client.statistics()).children.compactMap { $0.value as? Int }
    }
}
