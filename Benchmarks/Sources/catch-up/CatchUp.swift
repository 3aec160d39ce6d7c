// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Dispatch
import Glibc
import HealthModel
import Synchronization
import Systemd

/// Reads a journal directory to its end with the daemon's own follower, prefilter and rules, and prints what that cost;
/// with --engine, a diagnosis after each line that says that something failed is in it.
///
///     catch-up DIRECTORY [--rules shipped|NUMBER] [--one-batch] [--engine]
///     catch-up --print-matches
///
/// With a NUMBER the rules are made up; the last of them knows the known line of the generated journals, the others
/// none. In one batch nothing hangs on the clock: what two journals' counts of instructions differ by is what their lines
/// differ by.
@main
struct CatchUp {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let matches: JournalMatches = .units(["containerd.service", "crio.service", "kubelet.service"])
        if arguments == ["--print-matches"] {
            print(text(matches))
            return
        }
        var rules = try SignalRules.shipped()
        if let option = arguments.firstIndex(of: "--rules"), option + 1 < arguments.count {
            if let count = Int(arguments[option + 1]) { rules = try SignalRules(documents: [madeUp(count)]) }
            arguments.removeSubrange(option...(option + 1))
        }
        let isOneBatch = arguments.contains("--one-batch")
        let engine = arguments.contains("--engine") ? DiagnosingEngine(rules) : nil
        arguments.removeAll { $0 == "--one-batch" || $0 == "--engine" }
        guard arguments.count == 1 else {
            print(
                "usage: catch-up DIRECTORY [--rules shipped|NUMBER] [--one-batch] [--engine] | --print-matches"
            )
            exit(2)
        }
        var configuration = JournalFollower.Configuration(
            location: .directory(arguments[0]), matches: matches)
        configuration.beginning = .head
        configuration.backlogEntries = nil
        if isOneBatch {
            configuration.batchEntries = .max
            configuration.batchDuration = .seconds(86_400)
            configuration.calmInterval = .seconds(86_400)
        }
        run(configuration, rules, engine)
    }

    private static func run(
        _ configuration: JournalFollower.Configuration, _ rules: SignalRules, _ engine: DiagnosingEngine?
    ) {
        let signals = Atomic<Int>(0)
        let end = DispatchSemaphore(value: 0)
        let (cpu, allocations) = (cpuSeconds(), Allocations.now)
        let follower = JournalFollower(
            configuration: configuration, prefilter: { rules.mightMatch($0) },
            handler: { event in
                switch event {
                case .entries(let entries, _):
                    for entry in entries {
                        if let engine {
                            engine.receive(entry)
                        } else {
                            signals.add(rules.recognize(entry).count, ordering: .relaxed)
                        }
                    }
                case .caughtUp: end.signal()
                case .health, .blind: break
                }
            })
        follower.start()
        end.wait()
        let counters = follower.counters
        let made = Allocations.now.flatMap { now in allocations.map { now - $0 } }
        print(
            """
            {"entries": \(counters.entriesRead), "delivered": \(counters.entriesDelivered), \
            "signals": \(engine?.signals ?? signals.load(ordering: .relaxed)), "rules": \(rules.rules.count), \
            "cpu_seconds": \(cpuSeconds() - cpu), "allocations": \(Allocations.text(made?.all)), \
            "own_allocations": \(Allocations.text(made?.own))}
            """)
        follower.stop()
    }

    /// User and system time of this process.
    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// As arguments of journalctl and of reference/enumerate.c, one per line.
    private static func text(_ matches: JournalMatches) -> String {
        matches.groups
            .map { $0.flatMap { term in term.values.map { "\(term.field)=\($0)" } }.joined(separator: "\n") }
            .joined(separator: "\n+\n")
    }

    private static func madeUp(_ count: Int) -> RuleDocument {
        let rules = (0..<count).map { number in
            let text =
                number == count - 1
                ? "RunPodSandbox for {pod} failed, error" : "made up condition number \(number) of {what}"
            return """
                [[rule]]
                id = "made-up-\(number)"
                signal = "made-up-\(number)"
                meaning = "made up"
                [rule.match]
                msg = "\(text)"
                """
        }
        return RuleDocument(name: "made-up.toml", text: rules.joined(separator: "\n"))
    }
}
