/// A value with parts that must not end up in logs: what `print`, string interpolation, `dump` and a debugger show of
/// it is what it allows, and nothing else.
protocol Discreet: CustomStringConvertible, CustomReflectable {
    /// What may be seen.
    var shown: KeyValuePairs<String, Any> { get }
}

extension Discreet {
    /// What may be seen of it, in one line.
    public var description: String {
        let parts = shown.map { name, value in "\(name): \(Mirror.unwrapped(value))" }
        return "\(Self.self)(\(parts.joined(separator: ", ")))"
    }

    /// What may be seen of it.
    public var customMirror: Mirror {
        Mirror(self, children: shown.map { (label: $0.key, value: $0.value) }, displayStyle: .struct)
    }
}

extension Mirror {
    /// A value, or what is in it if it is optional.
    fileprivate static func unwrapped(_ value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .optional else { return String(describing: value) }
        return mirror.children.first.map { String(describing: $0.value) } ?? "nil"
    }
}
