// SPDX-License-Identifier: Apache-2.0
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

    /// Nobody could be asked, or nothing could be looked at.
    static let unknown: Int32 = 3

    /// EX_CONFIG of sysexits.h: the configuration was refused, and trying again would not help. The units know it.
    static let configuration: Int32 = 78

    /// Runs `body`; what it throws is told and is no verdict: 1 would say that the node is degraded.
    static func orUnknown<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            Console.error("crihealthd: \(error)")
            throw ExitCode(unknown)
        }
    }
}
