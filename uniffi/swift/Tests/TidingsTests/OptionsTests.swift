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
            ("attemptTimeout", \.attemptTimeout), ("backoffBase", \.backoffBase), ("backoffCap", \.backoffCap),
            ("queueTimeout", \.queueTimeout),
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

    @Test("what is counted is counted from 0, and refused by name", arguments: [-1, Int.max])
    func aSenselessCountIsRefused(count: Int) async throws {
        let good = ClientOptions(projectID: "project", region: "eu", token: "token")
        for (name, option) in [
            ("maxRetries", \ClientOptions.maxRetries), ("retryBudget", \.retryBudget),
            ("maxConcurrency", \.maxConcurrency), ("rateLimit", \.rateLimit),
        ] {
            var options = good
            options[keyPath: option] = count
            #expect(refusal(of: options)?.message.contains(name) == true)
        }
        let client = try Client(good)
        let error = try await failure { try await client.execute("apps.list", maxRetries: count) }
        #expect(error.kind == .config)
        #expect(error.message.contains("maxRetries"))
    }

    @Test("what no call could ever be made with is refused")
    func aLimitOfNothingIsRefused() {
        #expect(refusal { $0.maxConcurrency = 0 }.contains("max_concurrency"))
        #expect(refusal { $0.rateLimit = 0 }.contains("rate_limit"))
    }

    @Test("what excludes each other is given once")
    func whatExcludesEachOtherIsGivenOnce() {
        #expect(refusal { ($0.rateLimit, $0.noRateLimit) = (5, true) }.contains("no_rate_limit"))
        #expect(refusal { ($0.proxy, $0.noProxy) = ("http://proxy.example.com:3128", true) }.contains("no_proxy"))
    }

    @Test("certificates that cannot be read are refused, and nothing of them is shown")
    func unreadableCertificatesAreRefused() {
        let garbage = Data("no PEM, but hush".utf8)
        let authority = refusal { $0.caCerts = garbage }
        let own = refusal { $0.clientCertificate = garbage }
        #expect(authority.contains("ca_certs"))
        #expect(own.contains("private key"))
        for message in [authority, own] { #expect(!message.contains("hush")) }
    }

    @Test("a proxy that cannot be used is refused, and its password is not shown")
    func anUnusableProxyIsRefused() {
        let message = refusal { $0.proxy = "socks5://user:hush@proxy.example.com" }
        #expect(message.contains("proxy"))
        #expect(!message.contains("hush"))
    }

    @Test("an attempt that gets no place in time is not sent")
    func anAttemptWithoutAPlaceIsNotSent() async throws {
        let story = try await Story()
        let client = try story.sandbox.client(
            ClientOptions(appID: story.app, maxConcurrency: 1, queueTimeout: 0.1))
        try await story.afterAcceptance("HANG")
        let hanging = Task { try await client.execute("sms.send", body: Story.text("x")) }
        try await story.sendsHaveArrived()
        let error = try await failure { try await client.execute("sms.send", body: Story.text("y")) }
        #expect(error.kind == .timeout)
        #expect(!error.sent)
        hanging.cancel()
        #expect(try await story.requests("messages.send").count == 1)
    }

    @Test("a request whose turn does not come in time is not sent")
    func aRequestWithoutATurnIsNotSent() async throws {
        let sandbox = try Sandbox.start()
        let client = try sandbox.client(ClientOptions(rateLimit: 1))
        // The token is there, and the first turn is taken.
        _ = try await client.execute("apps.list")
        let calls = (1...20).map { _ in Task { try await client.execute("apps.list", timeout: 0.5) } }
        var failures: [TidingsError] = []
        for call in calls {
            do {
                _ = try await call.value
            } catch let error as TidingsError {
                failures.append(error)
            }
        }
        #expect(failures.count > 1)
        #expect(failures.allSatisfy { $0.kind == .timeout && !$0.sent })
    }

    @Test("pauses stay within the bounds that are given", arguments: [\ClientOptions.backoffBase, \.backoffCap])
    func pausesStayWithinTheirBounds(bound: WritableKeyPath<ClientOptions, TimeInterval?> & Sendable) async throws {
        let story = try await Story()
        try await story.unavailable(times: 3)
        let pauses = Pauses()
        var options = ClientOptions(onRetry: { _, pause in await pauses.add(pause) })
        options[keyPath: bound] = 0
        #expect(try await story.sandbox.client(options).execute("apps.list").attempts == 4)
        try await eventually("three retries are told") { await pauses.seen.count == 3 }
        #expect(await pauses.seen == [0, 0, 0])
    }

    @Test("without retries in reserve a call is tried once")
    func withoutReserveACallIsTriedOnce() async throws {
        let story = try await Story()
        try await story.unavailable(times: 1)
        let client = try story.sandbox.client(ClientOptions(retryBudget: 0))
        #expect(try await failure { try await client.execute("apps.list") }.attempts == 1)
    }

    @Test("the environment counts where nothing is given, and every option beside it")
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
        for wrong in [
            ClientOptions(maxRetries: -1), ClientOptions(queueTimeout: -1), ClientOptions(caCerts: Data()),
            ClientOptions(proxy: "http://proxy.example.com:3128", noProxy: true),
        ] {
            #expect(try await failure { try Client.fromEnv(wrong) }.kind == .config)
        }
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

    /// What a good client with this change is refused with.
    private func refusal(_ change: (inout ClientOptions) -> Void) -> String {
        var options = ClientOptions(projectID: "project", region: "eu", token: "token")
        change(&options)
        return refusal(of: options)?.message ?? "it was not refused"
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

private actor Pauses {
    private(set) var seen: [TimeInterval] = []

    func add(_ pause: TimeInterval) {
        seen.append(pause)
    }
}
