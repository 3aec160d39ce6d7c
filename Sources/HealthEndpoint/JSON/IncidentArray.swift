// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Incidents as a JSON array, outside the server: what `crihealthd replay --json` prints.
public enum IncidentArray {
    /// UTF-8, the same objects as `/v1/incidents/ID`, one line break at the end. `now` ends the duration of open ones.
    public static func json(_ incidents: [Incident], now: WallTime) -> [UInt8] {
        JSONText.encode(incidents.map { IncidentJSON($0, now: now) }, pretty: true)
    }

    /// A text as a JSON string, without a line break.
    public static func json(of text: String) -> [UInt8] {
        Array(JSONText.encode(Printable.line(text), pretty: false).prefix { $0 != 0x0A })
    }
}
