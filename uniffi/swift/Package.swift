// swift-tools-version:6.0
import PackageDescription

// The project's own test run takes no warning; whoever depends on the package is not to be stopped by those of a newer
// compiler.
let strict: [SwiftSetting] =
    Context.environment["TIDINGS_STRICT"] == nil ? [] : [.unsafeFlags(["-warnings-as-errors"])]

let package = Package(
    name: "Tidings",
    platforms: [.macOS(.v10_15), .iOS(.v13), .tvOS(.v13), .watchOS(.v6)],
    products: [
        .library(name: "Tidings", targets: ["Tidings"]),
        .library(name: "TidingsSandbox", targets: ["TidingsSandbox"]),
    ],
    targets: [
        // The native library, and what is generated over it. Neither is part of the package's surface.
        .systemLibrary(name: "tidings_uniffiFFI"),
        .target(
            name: "TidingsNative", dependencies: ["tidings_uniffiFFI"], swiftSettings: [.swiftLanguageMode(.v5)]),
        .target(name: "Tidings", dependencies: ["TidingsNative"], swiftSettings: strict),
        .target(name: "TidingsSandbox", dependencies: ["Tidings", "TidingsNative"], swiftSettings: strict),
        .testTarget(name: "TidingsTests", dependencies: ["Tidings", "TidingsSandbox"], swiftSettings: strict),
    ]
)
