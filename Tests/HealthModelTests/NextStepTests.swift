// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@Suite struct NextStepTests {
    @Test(
        "looking is told from changing",
        arguments: [
            "journalctl -u containerd.service -n 50", "systemctl status containerd.service",
            "systemctl cat x",
            "crictl --runtime-endpoint unix:///run/crio/crio.sock ps --all; crictl pods",
            "ss -tlnp 'sport = :1338'", "containerd config dump >/dev/null", "crio config >/dev/null",
            "df -h /var 2>/dev/null", "containerd config dump | grep -A3 disabled_plugins",
            "ctr plugins ls | grep -w cri",
            "dpkg -S /usr/bin/runc", "runc --root /run/runc list",
            "apt-cache policy crun   # or your distribution's tool",
            "/usr/bin/journalctl -k", "sudo crictl info",
        ])
    func looks(_ command: String) {
        #expect(NextStep("", ShellCommand(stringLiteral: command)).onlyLooks)
    }

    @Test(
        "what is not known to look changes something",
        arguments: [
            "systemctl restart containerd.service", "systemctl reboot", "kill -CONT 812", "crictl stop 45e3",
            "crictl rmi --prune", "runc --root /run/runc kill 45e3 TERM", "apt-get install crun",
            "rm /run/x.sock",
            "printf 'x' > /etc/crio/crio.conf.d/99-rollback.conf", "journalctl -n 1; systemctl start x",
            "kubectl cordon node1", "systemctl kill --kill-who=main -s USR1 containerd.service",
            "somethingelse",
            "find /x -delete", "cat a >>b",
        ])
    func changes(_ command: String) {
        #expect(!NextStep("", ShellCommand(stringLiteral: command)).onlyLooks)
    }
}
