// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// The document of `/v1/state`, outside the server: what `crihealthd check -o json` prints.
public enum StateDocument {
    /// UTF-8, as `/v1/state?pretty` answers, one line break at the end.
    public static func json(_ snapshot: Snapshot) -> [UInt8] {
        JSONText.encode(StateJSON(snapshot), pretty: true)
    }
}
