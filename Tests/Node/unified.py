# SPDX-License-Identifier: Apache-2.0
"""containerd on the unified hierarchy with systemd's cgroup driver.

No controller is delegated to a node here: what sets limits is taken out of each container's configuration before runc has it.
"""

import node

CONFIG = """
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = true
BinaryName = "/opt/pods/runc"
"""
RUNC = """#!/usr/bin/python3 -BI
import json, os, sys
if "create" in sys.argv and "--bundle" in sys.argv:
    path = sys.argv[sys.argv.index("--bundle") + 1] + "/config.json"
    with open(path) as file:
        spec = json.load(file)
    spec["linux"]["resources"] = {"devices": spec["linux"].get("resources", {}).get("devices", [])}
    with open(path, "w") as file:
        json.dump(spec, file)
os.execv("/usr/sbin/runc", ["runc", *sys.argv[1:]])
"""


def files():
    """What is put over the tree for it."""
    path = "etc/containerd/config.toml"
    return {f"/{path}": (node.FILES / path).read_text() + CONFIG, "/opt/pods/runc": (RUNC, 0o755)}
