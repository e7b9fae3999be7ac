import Foundation
import Testing
import Tidings

@Suite("What may be seen")
struct PrivacyTests {
    @Test("options show no secret")
    func optionsShowNoSecret() {
        let options = ClientOptions(
            projectID: "project", keyID: "key", keySecret: "hush", token: "quiet",
            proxy: "http://user:silent@proxy.example.com")
        #expect(shown(options).contains("project"))
        for secret in ["hush", "quiet", "silent"] { #expect(!shown(options).contains(secret)) }
    }

    @Test("a token that is provided shows no token")
    func aProvidedTokenShowsNoToken() {
        let token = ProvidedToken("hush", expiresIn: 60)
        #expect(shown(token).contains("60"))
        #expect(!shown(token).contains("hush"))
    }

    @Test("an answer shows how long its body is, and nothing of it")
    func anAnswerShowsNothingOfItsBody() async throws {
        let story = try await Story()
        _ = try await story.client.execute("sms.send", body: Story.text("a secret text"))
        _ = try await story.ledger()
        let response = try await story.client.execute("sandbox.ledger")
        #expect(String(decoding: response.body, as: UTF8.self).contains("a secret text"))
        #expect(shown(response).contains("\(response.body.count) bytes"))
        for personal in ["a secret text", "46701234567"] { #expect(!shown(response).contains(personal)) }
    }

    @Test("an error says what and where, and nothing personal")
    func anErrorSaysNothingPersonal() async throws {
        let story = try await Story()
        try await story.afterAcceptance("CLOSE")
        let body = #"{"to": "46701234567", "text": "a secret text", "message_metadata": "for Ann"}"#
        let error = try await failure { try await story.client.execute("sms.send", body: body) }
        let evidence = try #require(error.evidence)
        #expect(error.description.contains("sms.send"))
        #expect(error.description.contains("unknown_outcome"))
        #expect(error.localizedDescription == error.description)
        #expect(shown(evidence).contains("awaiting_answer"))
        for personal in ["a secret text", "46701234567", "for Ann"] {
            #expect(!shown(error).contains(personal))
            #expect(!shown(evidence).contains(personal))
        }
    }

    @Test("an error shows nothing of the answer's body")
    func anErrorShowsNothingOfTheBody() async throws {
        let story = try await Story()
        let error = try await failure { try await story.client.execute("apps.get", path: ["app_id": "x"]) }
        #expect(error.body?.isEmpty == false)
        #expect(shown(error).contains("invalid_request"))
        #expect(!shown(error).contains("bytes"))
    }

    /// All that is ever shown of a value.
    private func shown<Value>(_ value: Value) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return [String(describing: value), String(reflecting: value), "\([value])", "\(value as Value?)", dumped]
            .joined(separator: "\n")
    }
}
