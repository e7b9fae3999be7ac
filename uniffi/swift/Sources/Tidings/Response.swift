import Foundation
internal import TidingsNative

/// An answer that counts: the call was accepted.
///
/// ```swift
/// struct Sent: Decodable { let message_id: String }
///
/// let response = try await client.execute("sms.send", body: #"{"to": "+46701234567", "text": "Hello"}"#)
/// print(response.status, try response.json(as: Sent.self).message_id)
/// ```
///
/// Its description shows how long the body is, and not what is in it.
public struct Response: Sendable {
    /// The HTTP status.
    public let status: Int
    /// The headers as they came, names in lower case. A name may come more than once.
    public let headers: [(name: String, value: String)]
    /// The body, byte for byte as it came. It may hold personal data.
    public let body: Data
    /// How many times the request was tried.
    public let attempts: Int
    /// The id the API gave to the request, for its support.
    public let requestID: String?

    /// The first header of that name, in whatever case, if there is one.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name == wanted }?.value
    }

    /// The body as a value of the given type, read anew each time.
    ///
    /// - Throws: `DecodingError` if the body is no JSON, or not of that type.
    public func json<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: body)
    }
}

extension Response: Discreet {
    var shown: KeyValuePairs<String, Any> {
        ["status": status, "body": "\(body.count) bytes", "attempts": attempts, "requestID": requestID as Any]
    }
}
