// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// A package of its own, so that building the daemon never resolves it. `make bench` builds and runs it.
let package = Package(
    name: "crihealthd-benchmarks",
    dependencies: [.package(name: "crihealthd", path: "..")],
    targets: [
        .executableTarget(
            name: "catch-up",
            dependencies: [
                .product(name: "Diagnosis", package: "crihealthd"),
                .product(name: "HealthModel", package: "crihealthd"),
                .product(name: "Systemd", package: "crihealthd"),
            ], swiftSettings: [.treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny")])
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
