// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Units that are judged and serve no endpoint: the kubelet's, and Docker's.
extension Engine {
    /// Tells systemd's word on such a unit; whether it is one.
    mutating func tell(_ news: ServiceUnit.News, ofService name: String?, at: Moment) -> Bool {
        guard let name, let role = ServiceUnit.role(of: name) else { return false }
        if state.facts.service(name) == nil {
            // A unit that is not there is no outage, and a bound keeps what hostile names can do.
            if case .state(let unit) = news, !unit.exists { return false }
            guard state.facts.services.count < Self.servicesKept else { return false }
            state.facts.services.append(ServiceUnit(role: role, unit: UnitFacts(name: name)))
        }
        guard let index = state.facts.services.firstIndex(where: { $0.unit.name == name }) else {
            return false
        }
        var chronicle = serviceChronicles.removeValue(forKey: name) ?? Chronicle(state.facts.services[index])
        chronicle.take(news, at: at, into: &state.facts.services[index], until: heldFrom)
        serviceChronicles[name] = chronicle
        return true
    }

    /// Holds back, or no longer, what is told of them from after the machine began to go down.
    mutating func holdServices(from down: Moment?) {
        for index in state.facts.services.indices {
            serviceChronicles[state.facts.services[index].unit.name]?.hold(
                from: down, in: &state.facts.services[index])
        }
    }

    /// Those that have run for long enough are well.
    mutating func settleServices() {
        for index in state.facts.services.indices where state.facts.services[index].unit.troubleSince != nil {
            news.isAnything = true
            state.facts.services[index].settle(at: state.facts.now, after: configuration.stayGrace)
        }
    }

    private static let servicesKept = 8
}
