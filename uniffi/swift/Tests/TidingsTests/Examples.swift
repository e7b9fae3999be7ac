import Foundation
import Testing
import Tidings
import TidingsSandbox

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

// The examples of the documentation, word for word, as code that runs.

struct BackendTokens: TokenProvider {
    let backend: URL

    func token() async throws -> ProvidedToken {
        let (data, _) = try await URLSession.shared.data(from: backend)
        return ProvidedToken(String(decoding: data, as: UTF8.self))
    }
}

@Suite("Examples of the documentation")
struct Examples {
    @Test("each example is here, or is a program that the tests run")
    func eachExampleIsHere() throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let code = try ["Tests/TidingsTests/Examples.swift", "Snippets/FirstText.swift"]
            .map { try String(contentsOf: package.appendingPathComponent($0), encoding: .utf8) }
            .map(lines)
        var documents = [package.appendingPathComponent("README.md")]
        for folder in ["Sources/Tidings", "Sources/TidingsSandbox"] {
            documents += try FileManager.default
                .contentsOfDirectory(at: package.appendingPathComponent(folder), includingPropertiesForKeys: nil)
        }
        var count = 0
        for document in documents {
            for example in examples(in: try String(contentsOf: document, encoding: .utf8)) {
                count += 1
                let isHere = code.contains { $0.contains(example) }
                #expect(isHere, "\(document.lastPathComponent): \(example)")
            }
        }
        #expect(count >= 8)
    }

    @Test("of a client")
    func client() async throws {
        let story = try await Story()
        let options = options(of: story)

        let client = try Client(options)
        let sent = try await client.execute("sms.send", body: #"{"to": "+46701234567", "text": "Your code is 4711"}"#)
        print(sent.status)

        #expect(try await story.ledger().map(\.text) == ["Your code is 4711"])
    }

    @Test("of an answer")
    func response() async throws {
        let story = try await Story()
        let client = story.client
        struct Sent: Decodable { let message_id: String }

        let response = try await client.execute("sms.send", body: #"{"to": "+46701234567", "text": "Hello"}"#)
        print(response.status, try response.json(as: Sent.self).message_id)
    }

    @Test("of an error")
    func error() async throws {
        let story = try await Story()
        let client = story.client
        do {
            _ = try await client.execute("sms.send", body: #"{"to": "12", "text": "Hello"}"#)
        } catch let error as TidingsError where error.kind == .invalidRequest {
            print(error.path ?? "")  // $.to
        }
    }

    @Test("of a lost answer")
    func lostAnswer() async throws {
        let story = try await Story()
        let client = story.client

        // The API accepts the next send, and its answer gets lost.
        let fault = #"{"stage": "AFTER_ACCEPT", "action": "CLOSE", "operation": "messages.send"}"#
        _ = try await client.execute("sandbox.add_fault", body: fault)

        var lost: Evidence?
        do {
            _ = try await client.execute("sms.send", body: #"{"to": "+46701234567", "text": "Your code is 4711"}"#)
        } catch let error as TidingsError where error.kind == .unknownOutcome {
            lost = error.evidence  // it may have been delivered, and here it was
        }
        #expect(lost != nil)

        #expect(try await story.ledger().count == 1)
    }

    @Test("of evidence")
    func evidence() async throws {
        let story = try await Story()
        try await story.afterAcceptance("CLOSE")
        let error = try await failure { try await story.client.execute("sms.send", body: Story.text("Hello")) }
        #expect(error.evidence != nil)
        if let evidence = error.evidence {
            print(evidence.phase, evidence.startedAt, evidence.elapsed)
        }
    }

    @Test("of statistics")
    func statistics() async throws {
        let story = try await Story()
        let client = story.client
        _ = try await client.execute("sms.send", body: Story.text("Hello"))

        let statistics = client.statistics()
        print(statistics.accepted, "of", statistics.calls)

        #expect(statistics.accepted == 1)
    }

    @Test("of being told")
    func beingTold() async throws {
        let story = try await Story()
        var options = options(of: story)

        options.onUnknown = { error in
            print("look for it before you send it again: \(error), \(error.evidence?.startedAt as Any)")
        }

        try await story.afterAcceptance("CLOSE")
        _ = try await failure { try await Client(options).execute("sms.send", body: Story.text("Hello")) }
    }

    @Test("of options")
    func options() throws {
        let url = try #require(URL(string: "https://backend.example/token"))
        var options = ClientOptions(projectID: "my-project", region: "eu", tokenProvider: BackendTokens(backend: url))
        options.timeout = 10
        _ = try Client(options)
    }

    @Test("of a sandbox")
    func sandbox() async throws {
        let sandbox = try Sandbox.start()
        defer { sandbox.stop() }
        let client = try sandbox.client()
        let apps = try await client.execute("apps.list")
        print(apps.status)
    }

    private func options(of story: Story) -> ClientOptions {
        let sandbox = story.sandbox
        return ClientOptions(
            projectID: "sandbox-project", keyID: sandbox.keyID, keySecret: sandbox.keySecret, baseURL: sandbox.url,
            appID: story.app)
    }
}

/// The examples in a text, as lines without what is before them.
private func examples(in text: String) -> [String] {
    let fence = "```"
    return lines(text).components(separatedBy: "\n\(fence)swift\n").dropFirst()
        .compactMap { $0.components(separatedBy: "\n\(fence)").first }
}

/// A text without indentation, marks of comments and empty lines.
private func lines(_ text: String) -> String {
    text.split(separator: "\n")
        .map { line in
            var line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("///") { line = line.dropFirst(3).trimmingCharacters(in: .whitespaces) }
            return line
        }
        .filter { !$0.isEmpty }
        .joined(separator: "\n")
}
