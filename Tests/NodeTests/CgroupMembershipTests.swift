// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Node

@Suite("Unit and container by cgroup")
struct CgroupMembershipTests {
    static let id = "59539ff38e2b48cffe21714795f4d035cb819d610d4a5b2a5c1bbfdb70cd9e1d"

    static let cgroups: [(String, String?, String?)] = [
        ("0::/system.slice/containerd.service", "containerd.service", nil),
        ("12:pids:/x\n1:name=systemd:/system.slice/porthog.service\n0::/\n", "porthog.service", nil),
        (
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod2_2.slice/crio-\(id).scope",
            "crio-\(id).scope", id
        ),
        (
            "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-\(id).scope/init.scope",
            "cri-containerd-\(id).scope", id
        ),
        ("0::/kubepods/besteffort/pod11111111-1111-4111-8111-111111111111/\(id)", nil, id),
        ("0::/system.slice/crio-conmon-\(id).scope", "crio-conmon-\(id).scope", nil),
        ("5:cpu:/kubepods/pod1/\(id)\n1:name=systemd:/kubepods/pod1/\(id)", nil, id),
        ("0::/system.slice:cri-containerd:\(id)", nil, id),
        ("0::/docker/\(id)", nil, id),
        ("0::/user.slice/user-0.slice/user@0.service/app.slice/x.service", "user@0.service", nil),
        ("0::/user.slice/user-0.slice/session-1.scope", "session-1.scope", nil), ("0::/", nil, nil),
        ("", nil, nil),
        ("garbage\n::\n0:", nil, nil), ("0::/a/\(id)f", nil, nil), ("0::/x\(id)", nil, nil),
        ("0::/system.slice/_cgroup.procs.service", "cgroup.procs.service", nil),
    ]

    @Test("cgroups", arguments: cgroups)
    func cgroup(_ text: String, _ unit: String?, _ container: String?) {
        let membership = CgroupMembership(text)
        #expect(membership.unit == unit)
        #expect(membership.containerID == container)
    }
}
