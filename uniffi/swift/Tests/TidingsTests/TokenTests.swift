import Foundation
import Testing
import Tidings
import TidingsSandbox

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("Tokens of the app's own")
struct TokenTests {
    @Test("one token serves many calls")
    func oneTokenServesManyCalls() async throws {
        let story = try await Story()
        let tokens = Tokens { _ in ProvidedToken(try await freshToken(of: story.sandbox), expiresIn: 600) }
        let client = try client(of: story, tokens)
        for _ in 1...3 { _ = try await client.execute("sms.send", body: Story.text("Hello")) }
        #expect(try await story.ledger().count == 3)
        #expect(await tokens.asked.count == 1)
    }

    @Test("a token whose life is over is not used again")
    func aTokenServesForItsLife() async throws {
        let story = try await Story()
        let tokens = Tokens { _ in ProvidedToken(try await freshToken(of: story.sandbox), expiresIn: 0) }
        let client = try client(of: story, tokens)
        for _ in 1...3 { _ = try await client.execute("sms.send", body: Story.text("Hello")) }
        #expect(await tokens.asked.count == 3)
    }

    @Test("a provider that throws is an auth error with what it threw as the cause")
    func aThrowingProviderIsTheCause() async throws {
        let story = try await Story()
        let client = try client(of: story, Tokens { _ in throw SignedOut(user: 7) })
        let error = try await failure { try await client.execute("sms.send", body: Story.text("Hello")) }
        #expect(error.kind == .auth)
        #expect(!error.sent)
        #expect(error.cause as? SignedOut == SignedOut(user: 7))
        #expect(try await story.requests("messages.send").isEmpty)
    }

    @Test("after a failure the next call asks again")
    func afterAFailureTheNextCallAsksAgain() async throws {
        let story = try await Story()
        let tokens = Tokens { number in
            if number < 3 { throw SignedOut(user: number) }
            return ProvidedToken(try await freshToken(of: story.sandbox))
        }
        let client = try client(of: story, tokens)
        for number in 1...2 {
            let error = try await failure { try await client.execute("sms.send", body: Story.text("Hello")) }
            #expect(error.cause as? SignedOut == SignedOut(user: number))
        }
        _ = try await client.execute("sms.send", body: Story.text("Hello"))
        #expect(try await story.ledger().count == 1)
    }

    @Test("a client of the sandbox can have credentials of its own")
    func aClientOfTheSandboxCanHaveItsOwnCredentials() async throws {
        let sandbox = try Sandbox.start()
        let tokens = Tokens { _ in ProvidedToken(try await freshToken(of: sandbox)) }
        let asking = try sandbox.client(ClientOptions(tokenProvider: tokens))
        #expect(try await asking.execute("apps.list").status == 200)
        #expect(await tokens.asked.count == 1)

        let fixed = try sandbox.client(ClientOptions(token: try await freshToken(of: sandbox)))
        #expect(try await fixed.execute("apps.list").status == 200)

        let wrong = try sandbox.client(ClientOptions(keyID: sandbox.keyID, keySecret: "wrong"))
        #expect(try await failure { try await wrong.execute("apps.list") }.kind == .auth)
    }

    @Test("an empty token is an auth error")
    func anEmptyTokenIsAnAuthError() async throws {
        let story = try await Story()
        let tokens = Tokens { number in
            if number == 1 { throw SignedOut(user: 7) }
            return ProvidedToken("")
        }
        let client = try client(of: story, tokens)
        _ = try await failure { try await client.execute("sms.send", body: Story.text("Hello")) }
        let error = try await failure { try await client.execute("sms.send", body: Story.text("Hello")) }
        #expect(error.kind == .auth)
        #expect(!error.sent)
        #expect(error.cause == nil, "what was thrown earlier has nothing to do with it")
    }

    @Test("a token with a life that makes no sense is an auth error", arguments: [-1, .nan, .infinity])
    func aSenselessLifeIsAnAuthError(life: TimeInterval) async throws {
        let story = try await Story()
        let tokens = Tokens { _ in ProvidedToken(try await freshToken(of: story.sandbox), expiresIn: life) }
        let client = try client(of: story, tokens)
        let error = try await failure { try await client.execute("sms.send", body: Story.text("Hello")) }
        #expect(error.kind == .auth)
        #expect(!error.sent)
        #expect(error.cause.map(String.init(describing:))?.contains("expiresIn") == true)
    }

    @Test("a call that is cancelled while it waits for its token sends nothing")
    func cancelledBeforeItsTokenSendsNothing() async throws {
        let story = try await Story()
        let tokens = Tokens { _ in
            try await Task.sleep(nanoseconds: 3_600_000_000_000)
            return ProvidedToken("too late")
        }
        let client = try client(of: story, tokens)
        let call = Task { try await client.execute("sms.send", body: Story.text("Hello")) }
        try await eventually("the provider is asked") { await tokens.asked.count == 1 }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(try await story.requests("messages.send").isEmpty)
    }

    @Test("closing the client calls its provider off")
    func closingCallsTheProviderOff() async throws {
        let story = try await Story()
        let calledOff = Flag()
        let tokens = Tokens { _ in
            do {
                try await Task.sleep(nanoseconds: 3_600_000_000_000)
            } catch {
                await calledOff.raise()
            }
            return ProvidedToken("too late")
        }
        let client = try client(of: story, tokens)
        let call = Task { try await client.execute("sms.send", body: Story.text("Hello")) }
        try await eventually("the provider is asked") { await tokens.asked.count == 1 }
        client.close()
        let error = try await failure { try await call.value }
        #expect(error.kind == .closed)
        #expect(!error.sent)
        try await eventually("the provider is called off") { await calledOff.isRaised }
    }

    @Test("a client that nobody holds lets its provider go")
    func aDroppedClientLetsItsProviderGo() async throws {
        let story = try await Story()
        weak var gone: Tokens?
        do {
            let tokens = Tokens { _ in ProvidedToken(try await freshToken(of: story.sandbox)) }
            gone = tokens
            let client = try client(of: story, tokens)
            _ = try await client.execute("sms.send", body: Story.text("Hello"))
        }
        try await eventually("the provider is let go") { gone == nil }
    }

    private func client(of story: Story, _ tokens: Tokens) throws -> Client {
        try Client(
            ClientOptions(
                projectID: "sandbox-project", baseURL: story.sandbox.url, appID: story.app, tokenProvider: tokens))
    }
}

/// A token that the sandbox takes, got as an app's backend would.
private func freshToken(of sandbox: Sandbox) async throws -> String {
    struct Token: Decodable { let access_token: String }
    var request = URLRequest(url: try #require(URL(string: sandbox.url + "/oauth2/token")))
    request.httpMethod = "POST"
    request.httpBody = Data("grant_type=client_credentials".utf8)
    request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "content-type")
    let key = Data("\(sandbox.keyID):\(sandbox.keySecret)".utf8).base64EncodedString()
    request.setValue("Basic \(key)", forHTTPHeaderField: "authorization")
    let (data, _) = try await URLSession.shared.data(for: request)
    return try JSONDecoder().decode(Token.self, from: data).access_token
}

/// A provider that counts how often it is asked, and does what the test says.
private final class Tokens: TokenProvider {
    let asked = Counter()
    private let answer: @Sendable (Int) async throws -> ProvidedToken

    init(_ answer: @escaping @Sendable (Int) async throws -> ProvidedToken) {
        self.answer = answer
    }

    func token() async throws -> ProvidedToken {
        try await answer(await asked.next())
    }
}

private actor Counter {
    private(set) var count = 0

    func next() -> Int {
        count += 1
        return count
    }
}

private actor Flag {
    private(set) var isRaised = false

    func raise() {
        isRaised = true
    }
}

private struct SignedOut: Error, Equatable {
    let user: Int
}
