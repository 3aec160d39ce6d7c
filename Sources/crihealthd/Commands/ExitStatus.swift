import ArgumentParser
import HealthModel

/// Exit statuses of `status` and `check`, as monitoring plugins have them.
enum ExitStatus {
    /// 0 healthy, 1 degraded, 2 unhealthy, 3 unknown.
    static func code(_ verdict: Snapshot.Verdict) -> Int32 {
        switch verdict {
        case .healthy: 0
        case .degraded: 1
        case .unhealthy: 2
        case .unknown: 3
        }
    }

    /// Nobody could be asked.
    static let unreachable: Int32 = 3

    /// EX_CONFIG of sysexits.h: the configuration was refused, and trying again would not help. The units know it.
    static let configuration: Int32 = 78
}

/// Shape of what `status` and `check` print.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// The page of `/`.
    case text
    /// The document of `/v1/state`.
    case json
}
