import Foundation
internal import TidingsNative

// This package's values as the native half's plain records, and back.

extension ConfigRecord {
    init(_ options: ClientOptions, fromEnvironment: Bool) {
        self.init(
            fromEnvironment: fromEnvironment,
            projectId: options.projectID,
            keyId: options.keyID,
            keySecret: options.keySecret,
            basicAuthentication: options.basicAuthentication,
            token: options.token,
            region: options.region,
            baseUrl: options.baseURL,
            appId: options.appID,
            timeout: options.timeout,
            connectTimeout: options.connectTimeout,
            attemptTimeout: options.attemptTimeout,
            maxRetries: options.maxRetries.map(Int64.init),
            backoffBase: options.backoffBase,
            backoffCap: options.backoffCap,
            retryBudget: options.retryBudget.map(Int64.init),
            maxConcurrency: options.maxConcurrency.map(Int64.init),
            queueTimeout: options.queueTimeout,
            rateLimit: options.rateLimit.map(Int64.init),
            noRateLimit: options.noRateLimit,
            caCerts: options.caCerts,
            clientCertificate: options.clientCertificate,
            proxy: options.proxy,
            noProxy: options.noProxy,
            allowInsecure: options.allowInsecure,
            language: "swift",
            languageVersion: compilerVersion)
    }
}

extension [String: String] {
    /// As names and values.
    var pairs: [NamedValue] { map { NamedValue(name: $0.key, value: $0.value) } }
}

extension Response {
    init(_ record: ResponseRecord) {
        self.init(
            status: Int(record.status),
            headers: record.headers.map { ($0.name, $0.value) },
            body: record.body,
            attempts: Int(record.attempts),
            requestID: record.requestId)
    }
}

extension TidingsError {
    /// Does something, and throws what the native half fails with as errors of this package.
    package static func translating<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch {
            throw translated(error, nil)
        }
    }

    /// The same for a call: `tokens` knows what the token provider threw.
    static func translating<Result: Sendable>(
        _ tokens: TokenDesk?, _ work: @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            return try await work()
        } catch {
            throw translated(error, tokens)
        }
    }

    private static func translated(_ error: any Error, _ tokens: TokenDesk?) -> any Error {
        guard case NativeError.Failed(let record) = error else { return TidingsError(.fault) }
        // Calls are called off by the task's cancellation only, and Swift has its own word for that.
        if record.kind == Kind.cancelled.rawValue { return CancellationError() }
        return TidingsError(record, tokens)
    }

    /// The error of a call. `tokens` knows what the token provider threw.
    init(_ record: ErrorRecord, _ tokens: TokenDesk?) {
        self.init(record, cause: tokens?.failure(record.causeNumber) ?? record.cause.map(NamedCause.init))
    }
}

/// A cause of which only the text is known.
private struct NamedCause: Error, CustomStringConvertible {
    let description: String
}

extension ErrorRecord {
    /// The native half has failed in a way of its own: it panicked, and that was caught. What it said stays out of the
    /// error, for nobody knows what is in it; whether anything was sent is not known either.
    fileprivate static var fault: ErrorRecord {
        let message = "a fault of Tidings itself; please report it"
        let kind = TidingsError.Kind.internal.rawValue
        return ErrorRecord(
            kind: kind, message: message, text: "\(message) [\(kind)]", status: nil, code: nil, operation: nil,
            path: nil, requestId: nil, location: nil, attempts: 0, sent: true, retryable: false, retryAfter: nil,
            body: nil, evidence: nil, cause: nil, causeNumber: nil)
    }
}

/// The version of the compiler: a program cannot ask for it.
private let compilerVersion: String = {
    #if compiler(>=6.3)
        "6.3"
    #elseif compiler(>=6.2)
        "6.2"
    #elseif compiler(>=6.1)
        "6.1"
    #else
        "6.0"
    #endif
}()
