// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Snapshot {
    /// The same with sentences alone: evidence says where it is from and how to see it, and not what the line was. The journal
    /// is root's and systemd-journal's to read, and this is everybody's.
    var withoutLines: Snapshot {
        var bare = self
        bare.open = open.map(\.withoutLines)
        bare.resolved = resolved.map(\.withoutLines)
        bare.unexplained.groups = unexplained.groups.map(\.withoutLines)
        bare.changes = changes.map(\.withoutLines)
        return bare
    }
}

/// What stands for a line that is not shown.
private let hidden = "not shown here (log_lines = false)"

extension UnexplainedLines.Group {
    /// A shape is made of the line's own words.
    fileprivate var withoutLines: UnexplainedLines.Group {
        var bare = self
        (bare.shape, bare.example) = (hidden, hidden)
        return bare
    }
}

extension Incident {
    fileprivate var withoutLines: Incident {
        var bare = self
        for index in evidence.indices
        where evidence[index].source == .journal || evidence[index].source == .cri {
            bare.evidence[index].summary = hidden
        }
        for index in symptoms.indices { bare.symptoms[index].summary = symptoms[index].name }
        bare.changedBefore = changedBefore?.map(\.withoutLines)
        return bare
    }
}

extension Change {
    /// Without the command line of a package manager, which its log tells with the name of who asked.
    fileprivate var withoutLines: Change {
        var bare = self
        (bare.by, bare.during) = (nil, nil)
        return bare
    }
}
