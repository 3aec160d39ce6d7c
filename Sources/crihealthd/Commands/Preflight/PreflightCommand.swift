// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Diagnosis
import HealthEndpoint
import HealthModel
import Logging
import Node

/// `crihealthd preflight`: what an upgrade would meet on this node.
struct PreflightCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preflight",
        abstract: "Say what an upgrade would meet on this node.",
        usage: "crihealthd preflight [--to <name=version>] ... [<option> ...]",
        discussion: """
            Looks at the node as root, and changes nothing. Exits with 0 when what was examined is clear, 1 on \
            warnings, 2 on blockers, 3 when it could not tell. Names: \
            \(UpgradeTarget.components.joined(separator: ", ")).

            Example: crihealthd preflight --to kubelet=1.34.2 --save before.json
            """)

    @Option(
        help: ArgumentHelp("A version to come, can be repeated.", valueName: "name=version"),
        transform: { try Self.target($0) })
    var to: [UpgradeTarget] = []

    @Option(help: ArgumentHelp("A .deb or .rpm to come, can be repeated.", valueName: "file"))
    var package: [String] = []

    @Flag(help: "The upgrade has been: what is left, or still old.")
    var verify = false

    @Option(help: ArgumentHelp("Write it there as JSON, for --against.", valueName: "file"))
    var save: String?

    @Option(help: ArgumentHelp("--verify, and what is worse than in that file.", valueName: "file"))
    var against: String?

    @Option(help: ArgumentHelp("Judge what `replay` takes, not this node.", valueName: "path"))
    var recording: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The recording as it was then, as in `replay`.", valueName: "time"),
        transform: { try TimeArgument($0) })
    var at: TimeArgument?

    @Option(help: ArgumentHelp("Configuration file.", valueName: "path"))
    var config: String?

    @OptionGroup(visibility: .hidden) var runtime: RuntimeOptions

    @Option(name: .shortAndLong, help: "text or json.")
    var output: OutputFormat = .text

    @OptionGroup var page: PageOptions

    private static func target(_ text: String) throws -> UpgradeTarget {
        guard let target = UpgradeTarget(text) else {
            let components = UpgradeTarget.components.joined(separator: ", ")
            throw ValidationError(
                "write COMPONENT=VERSION, such as containerd=2.1.4; components: \(components)")
        }
        return target
    }

    func validate() throws {
        guard at == nil || recording != nil else { throw ValidationError("--at is for a --recording") }
        var named: Set<String> = []
        for target in to where !named.insert(target.component).inserted {
            throw ValidationError("--to names \(target.component) twice")
        }
        guard !(verify || against != nil) || package.isEmpty else {
            throw ValidationError("--package is for what is to come, not for --verify")
        }
    }

    /// Looks, prints, and exits with the verdict.
    func run() throws {
        let report = try ExitStatus.orUnknown {
            let plan = try plan()
            let report = try recording.map { try recorded($0, plan) } ?? live(plan)
            if let before = plan.before, before.node != report.state.node {
                throw CommandProblem(
                    "--against: that was \(before.node.prefix(80)), and this is \(report.state.node.prefix(80))"
                )
            }
            if let save { try Self.write(report, save) }
            return report
        }
        switch output {
        case .text: page.write(PreflightText.render(report, width: page.columns))
        case .json: Output.write(JSONText.encode(report, pretty: true))
        }
        throw ExitCode(Self.code(report.verdict))
    }

    static func code(_ verdict: PreflightReport.Verdict) -> Int32 {
        switch verdict {
        case .clear: 0
        case .warnings: 1
        case .blockers: 2
        case .unknown: ExitStatus.unknown
        }
    }

    private func plan() throws -> PreflightPlan {
        var named = Set(to.map(\.component))
        let packages = try package.map { try PackageFile.read($0) }
        for package in packages {
            if let component = package.component, !named.insert(component).inserted {
                throw CommandProblem("\(package.file): \(component) is named twice")
            }
        }
        return PreflightPlan(
            targets: to, packages: packages, isAfter: verify || against != nil,
            before: try against.map(SavedPreflight.read))
    }

    private static func write(_ report: PreflightReport, _ path: String) throws {
        try FileBytes.save(path, JSONText.encode(report, pretty: true), mode: 0o600)
    }

    private func live(_ plan: PreflightPlan) throws -> PreflightReport {
        var configuration = try ConfigurationOptions.resolve(file: config, runtime.flags)
        configuration.logLevel = .error
        let logger = Logger(label: "crihealthd") { _ in StderrLogHandler(threshold: LogThreshold(.error)) }
        let engine = try OneLook(configuration: configuration, logger: logger).engine {
            $0.preflightQuestions
        }
        let targets = [configuration.socket.map { .unix(path: $0) }, configuration.listen].compactMap(\.self)
        var plan = plan
        plan.told = DaemonVersions.ask(targets)
        let certificates = CertificateFile.all(root: "")
        plan.certificates = certificates.read
        plan.unread = certificates.unread.map { "\($0): it could not be read, or holds no certificate" }
        return engine.preflight(plan)
    }

    private func recorded(_ path: String, _ plan: PreflightPlan) throws -> PreflightReport {
        let observations = try ReplaySource.observations(try ReplayInput.detect(path))
        let limit = try at.map { try moment($0, observations) }
        let replayer = Replayer.replay(observations, rules: try SignalRules.shipped(), until: limit)
        guard replayer.last != nil else { throw ReplayError.empty(path: path) }
        var plan = plan
        plan.unread = ["certificates: a recording has none"]
        return replayer.engine.preflight(plan)
    }

    /// What `--at` leaves open is meant as of the recording's end.
    private func moment(_ at: TimeArgument, _ observations: [Observation]) throws -> WallTime {
        let times = observations.map(\.at.wall)
        guard let first = times.min(), let last = times.max(), let moment = at.moment(now: last),
            moment >= first, moment <= last
        else { throw CommandProblem("--at: the recording was not under way then") }
        return moment
    }
}
