// SPDX-License-Identifier: Apache-2.0
extension Observation {
    /// The same without credentials in what a runtime, a kubelet or a container wrote: what a recording holds.
    public var masked: Observation {
        var masked = self
        switch event {
        case .journal(var entry):
            entry.message = Secrets.mask(entry.message)
            masked.event = .journal(entry)
        case .node(.containerLog(let log)):
            masked.event = .node(.containerLog(ContainerLog(id: log.id, lines: log.lines?.map(Secrets.mask))))
        default: break
        }
        return masked
    }
}
