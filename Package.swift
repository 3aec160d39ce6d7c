// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// One list for every target: a warning is an error, existentials are spelled out, and an import is private to its
/// file unless it says `public`.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "crihealthd",
    products: [
        .executable(name: "crihealthd", targets: ["crihealthd"]),
        // For Benchmarks/, a package of its own.
        .library(name: "Diagnosis", targets: ["Diagnosis"]),
        .library(name: "HealthModel", targets: ["HealthModel"]),
        .library(name: "Systemd", targets: ["Systemd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        // MARK: C
        .systemLibrary(
            name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .target(name: "CLinux"),

        // MARK: Libraries
        .target(name: "HealthModel", swiftSettings: strict),
        .target(name: "TOML", swiftSettings: strict),
        .target(name: "YAML", swiftSettings: strict),
        .target(
            name: "Systemd", dependencies: ["CSystemd", "CLinux", "HealthModel"],
            swiftSettings: strict),
        .target(name: "CRI", dependencies: ["CLinux", "HealthModel", "YAML"], swiftSettings: strict),
        .target(
            name: "Node", dependencies: ["CLinux", "HealthModel", "TOML", "YAML"], swiftSettings: strict),
        .target(
            name: "Diagnosis",
            dependencies: ["HealthModel", "TOML"],
            exclude: ["Signals/README.md"],
            resources: [
                .embedInCode("Signals/Rules"), .embedInCode("Advisories/Data"),
                .embedInCode("Kinds/AddressInUse/AddressInUse.md"),
                .embedInCode("Kinds/CRIVersionUnsupported/CRIVersionUnsupported.md"),
                .embedInCode("Kinds/ContainerStuck/ContainerStuck.md"),
                .embedInCode("Kinds/CreateFailing/CreateFailing.md"),
                .embedInCode("Kinds/ImagePullFailing/ImagePullFailing.md"),
                .embedInCode("Kinds/KnownDefect/KnownDefect.md"),
                .embedInCode("Kinds/KubeletDown/KubeletDown.md"),
                .embedInCode("Kinds/MonitoringImpaired/MonitoringImpaired.md"),
                .embedInCode("Kinds/NetworkNotReady/NetworkNotReady.md"),
                .embedInCode("Kinds/NodeFault/NodeFault.md"),
                .embedInCode("Kinds/OrphanedContainers/OrphanedContainers.md"),
                .embedInCode("Kinds/PLEGUnhealthy/PLEGUnhealthy.md"),
                .embedInCode("Kinds/PodNetworkFailing/PodNetworkFailing.md"),
                .embedInCode("Kinds/RuntimeDown/RuntimeDown.md"),
                .embedInCode("Kinds/RuntimeSwitched/RuntimeSwitched.md"),
                .embedInCode("Kinds/ShutdownNotGraceful/ShutdownNotGraceful.md"),
                .embedInCode("Kinds/StatusBlocked/StatusBlocked.md"),
                .embedInCode("Kinds/StorageDamaged/StorageDamaged.md"),
                .embedInCode("Kinds/UpgradeIncomplete/UpgradeIncomplete.md"),
            ], swiftSettings: strict),
        .target(
            name: "HealthEndpoint",
            dependencies: [
                "HealthModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], resources: [.embedInCode("Resources")], swiftSettings: strict),

        // MARK: The daemon
        .executableTarget(
            name: "crihealthd",
            dependencies: [
                "CLinux", "CRI", "Diagnosis", "HealthEndpoint", "HealthModel", "Node", "Systemd", "TOML",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),

        // MARK: Tests
        .testTarget(name: "TOMLTests", dependencies: ["TOML"], swiftSettings: strict),
        .testTarget(name: "YAMLTests", dependencies: ["YAML"], swiftSettings: strict),
        .testTarget(name: "HealthModelTests", dependencies: ["HealthModel"], swiftSettings: strict),
        .testTarget(
            name: "SystemdTests", dependencies: ["Systemd", "HealthModel"], exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "CRITests", dependencies: ["CRI", "HealthModel"], exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(name: "NodeTests", dependencies: ["Node", "HealthModel"], swiftSettings: strict),
        .testTarget(
            name: "DiagnosisTests", dependencies: ["Diagnosis", "HealthEndpoint", "HealthModel"],
            exclude: ["catalogue.txt"],
            swiftSettings: strict),
        .testTarget(
            name: "HealthEndpointTests", dependencies: ["HealthEndpoint", "HealthModel"], exclude: ["Golden"],
            swiftSettings: strict),
        .testTarget(
            name: "crihealthdTests",
            dependencies: [
                "crihealthd", "CRI", "Diagnosis", "HealthEndpoint", "HealthModel", "Node", "Systemd", "YAML",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["Replay/stories.txt"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
