import Foundation
import Testing
import Tidings
import TidingsSandbox

@Suite("Options")
struct OptionsTests {
    @Test("a missing region is named, with those there are")
    func aMissingRegionIsNamed() throws {
        let options = ClientOptions(projectID: "project", token: "token")
        let error = try #require(refusal(of: options))
        for region in ["us", "eu", "br"] { #expect(error.message.contains(region)) }
    }

    @Test("credentials are given in one way")
    func credentialsAreGivenInOneWay() throws {
        var options = ClientOptions(projectID: "project", region: "eu")
        #expect(refusal(of: options)?.message.contains("no credentials") == true)
        (options.token, options.keyID, options.keySecret) = ("token", "id", "secret")
        #expect(refusal(of: options)?.message.contains("more than one way") == true)
    }

    @Test("a time that no clock can count is refused by name", arguments: [-1, .nan, .infinity, 1e300])
    func aSenselessTimeIsRefused(time: TimeInterval) async throws {
        let good = ClientOptions(projectID: "project", region: "eu", token: "token")
        for (name, option) in [
            ("timeout", \ClientOptions.timeout), ("connectTimeout", \.connectTimeout),
            ("attemptTimeout", \.attemptTimeout),
        ] {
            var options = good
            options[keyPath: option] = time
            #expect(refusal(of: options)?.message.contains(name) == true)
        }
        let client = try Client(good)
        let error = try await failure { try await client.execute("apps.list", timeout: time) }
        #expect(error.kind == .config)
        #expect(error.message.contains("timeout"))
    }

    @Test("retries are counted from 0", arguments: [-1, Int.max])
    func aSenselessCountIsRefused(count: Int) async throws {
        let good = ClientOptions(projectID: "project", region: "eu", token: "token")
        var options = good
        options.maxRetries = count
        #expect(refusal(of: options)?.message.contains("maxRetries") == true)

        let client = try Client(good)
        let error = try await failure { try await client.execute("apps.list", maxRetries: count) }
        #expect(error.kind == .config)
        #expect(error.message.contains("maxRetries"))
    }

    @Test("the environment counts where nothing is given")
    func theEnvironmentCountsWhereNothingIsGiven() async throws {
        let sandbox = try Sandbox.start()
        let variables = [
            "SINCH_PROJECT_ID": "project", "SINCH_KEY_ID": sandbox.keyID, "SINCH_KEY_SECRET": "wrong",
            "TIDINGS_BASE_URL": sandbox.url,
        ]
        for (name, value) in variables { setenv(name, value, 1) }
        defer { for name in variables.keys { unsetenv(name) } }

        let error = try await failure { try await Client.fromEnv().execute("apps.list") }
        #expect(error.kind == .auth)
        let options = ClientOptions(keyID: sandbox.keyID, keySecret: sandbox.keySecret)
        #expect(try await Client.fromEnv(options).execute("apps.list").status == 200)
    }

    @Test("a time limit of one call ends that call")
    func aTimeLimitEndsItsCall() async throws {
        let story = try await Story()
        try await story.afterAcceptance("HANG")
        let error = try await failure {
            try await story.client.execute("sms.send", body: Story.text("Hello"), timeout: 0.3)
        }
        #expect(error.kind == .unknownOutcome)
        try await story.sendsAreAbandoned()
    }

    @Test("headers of the app's own go out; those of the client's are refused")
    func headersOfTheClientsAreRefused() async throws {
        let story = try await Story()
        #expect(try await story.client.execute("apps.list", headers: ["x-mine": "yes"]).status == 200)
        let error = try await failure {
            try await story.client.execute("apps.list", headers: ["authorization": "Bearer mine"])
        }
        #expect(error.kind == .config)
        #expect(error.operation == "apps.list")
    }

    /// What a client with these options is refused with.
    private func refusal(of options: ClientOptions) -> TidingsError? {
        do {
            _ = try Client(options)
        } catch let error as TidingsError where error.kind == .config {
            return error
        } catch {
            Issue.record(error)
        }
        return nil
    }
}
