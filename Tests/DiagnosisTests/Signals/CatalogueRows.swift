// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

/// One known message: who writes it, an example, and whether it is anything to worry about.
struct CatalogueRow: Sendable, CustomStringConvertible {
    let id: String
    let isBenign: Bool
    let entry: JournalEntry

    var description: String { id }

    /// All rows. Columns, by tabs: id, `benign` or `-`, source, unit, identifier, `MESSAGE_ID`, message.
    static let all: [CatalogueRow] = text.split(separator: "\n").compactMap { line in
        let columns = line.split(separator: "\t", maxSplits: 6).map(String.init)
        guard columns.count == 7, let source = JournalEntry.Source(rawValue: columns[2]) else { return nil }
        return CatalogueRow(
            id: columns[0], isBenign: columns[1] == "benign",
            entry: JournalEntry(
                cursor: "", at: .zero, source: source, unit: columns[3].orNil, identifier: columns[4].orNil,
                messageID: columns[5].orNil, message: columns[6]))
    }

    private static let text = ##"""
        crio-start	-	unit	crio.service	crio	-	time="2021-06-29T18:16:10+02:00" level=info msg="Starting CRI-O, version: 1.20.3, git: d5a999ad0a35d895ded554e1e18c142075501a98(clean)"
        crio-using-runtime-handler	-	unit	crio.service	crio	-	time="2024-10-23 09:00:01.000000000Z" level=info msg="Using runtime handler crun version 1.17, commit: 000fa0d4eeed8938301f3bcf8206405315bc1017, rundir: /run/crun, spec: 1.0.0, +SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF +YAJL"
        crio-config-dropin	-	unit	crio.service	crio	-	time="2024-09-10 09:00:00.000000000Z" level=info msg="Updating config from drop-in file: /etc/crio/crio.conf.d/10-crio.conf"
        crio-current-config	-	unit	crio.service	crio	-	time="2024-12-20T09:00:00.000000000Z" level=info msg="Current CRI-O configuration:\n[crio]\n  root = \"/var/lib/containers/storage\"\n[crio.runtime]\n    default_runtime = \"crun\"\n"
        crio-stopped-container	-	unit	crio.service	crio	-	time="2026-02-09T00:04:06.75109753Z" level=info msg="Stopped container 01f5166f81da1f50b8eeb46535a31c74b021808e41c2d8f888fc0ca7b7ba0b9b: browsers-cookie-scanning/session-agent-59b4d6bd55-jfcfv/nginx" id=efcc4da9-bb40-4463-abb4-747c95551d31 name=/runtime.v1.RuntimeService/StopContainer
        crio-restore-sandbox-failed	-	unit	crio.service	crio	-	time="2024-10-23 09:00:02.000000000Z" level=warning msg="Could not restore sandbox 1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2: open /run/containers/storage/overlay-containers/1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2/userdata/config.json: no such file or directory"
        crio-restore-container-failed	-	unit	crio.service	crio	-	time="2024-10-23 09:00:02.000000000Z" level=warning msg="Could not restore container 5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b: could not get sandbox with id 1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2, skipping"
        crio-status-update-warn	-	unit	crio.service	crio	-	time="2024-10-23 09:00:02.000000000Z" level=warning msg="Error updating the container status \"5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b\": failed to find runtime handler runc from runtime list map[crun:0xc0004d2000]"
        crio-fatal-default-runtime-entry	-	unit	crio.service	crio	-	time="2024-10-23 09:00:00.000000000Z" level=fatal msg="validating runtime config: default_runtime set to \"runc\", but no runtime entry table [crio.runtime.runtimes.runc] was found"
        crio-d-state	-	unit	crio.service	crio	-	time="2025-02-01T10:00:00.000000000Z" level=error msg="Detected process (4711) blocked in uninterruptible sleep for more than 120 seconds for container 5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b"
        crio-watchdog-start	-	unit	crio.service	crio	-	time="2024-12-20T09:00:05.000000000Z" level=info msg="Starting systemd watchdog using interval: 30s"
        crio-watchdog-unhealthy	-	unit	crio.service	crio	-	time="2024-12-20T09:00:35.000000000Z" level=error msg="Will not notify watchdog because CRI-O is unhealthy: health checker failed: runtime status \"NetworkReady\" is invalid: Network plugin returns error: no CNI configuration file in /etc/cni/net.d/. Has your network provider started? (reason: NetworkPluginNotReady)"
        crio-create-timeout	-	unit	crio.service	crio	-	time="2025-02-01T10:00:00.000000000Z" level=error msg="Container creation timeout (4m0s)"
        crio-sandbox-create-error	-	unit	crio.service	crio	-	time="2024-10-23 10:00:00.000000000Z" level=error msg="Container creation error: unknown version specified\n" id=efcc4da9-bb40-4463-abb4-747c95551d31 name=/runtime.v1.RuntimeService/RunPodSandbox
        crio-conmon-stopped	-	unit	crio.service	crio	-	time="2025-10-01T10:00:00.000000000Z" level=error msg="Conmon for container 5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b is stopped, although the container is running"
        crio-stream-port-in-use	-	unit	crio.service	crio	-	time="2018-02-07 16:43:55.426591491Z" level=error msg="Failed to start streaming server: listen tcp 10.0.0.5:10010: bind: address already in use"
        crio-unclean-shutdown	-	unit	crio.service	crio	-	time="2025-01-06 08:00:00.000000000Z" level=warning msg="Checking storage directory /var/lib/containers/storage for errors because of unclean shutdown"
        crio-cni-unhealthy-grace	-	unit	crio.service	crio	-	time="2026-08-03T10:00:00.000000000Z" level=error msg="CNI plugin unhealthy beyond grace period (30s): plugin type=\"ovn-k8s-cni-overlay\" failed (status): CNI STATUS: not ready"
        crio-network-add-failed	-	unit	kubelet.service	kubelet	-	E0601 10:00:00.000000    1234 remote_runtime.go:193] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = failed to create pod network sandbox k8s_web_default_1_0(1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2): error adding pod default_web to CNI network \"k8s-pod-network\": plugin type=\"calico\" failed (add): failed to find plugin \"calico\" in path [/opt/cni/bin/]"
        conmon-ctr-exit	-	conmon	crio-conmon-4bbbc006f606958022cb.scope	conmon	-	conmon 4bbbc006f606958022cb <ninfo>: container 12345 exited with status 137
        conmon-create-failed	-	conmon	crio-conmon-4bbbc006f606958022cb.scope	conmon	-	conmon 4bbbc006f606958022cb <error>: Failed to create container: exit status 1 
        conmon-oom	benign	conmon	crio-conmon-4bbbc006f606958022cb.scope	conmon	-	conmon 4bbbc006f606958022cb <ninfo>: OOM received
        ctd-start-failed	-	unit	containerd.service	containerd	-	time="2026-01-10T10:00:00.000000000Z" level=error msg="StartContainer for \"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\" failed" error="failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"/app\": stat /app: no such file or directory: unknown"
        crio-create-error-nameless	-	unit	crio.service	crio	-	time="2024-10-23 10:00:00.000000000Z" level=error msg="Container creation error: the requested cgroup controller `cpuset` is not available\n"
        ctd-starting	-	unit	containerd.service	containerd	-	time="2024-03-01T20:15:55.500000000+08:00" level=info msg="starting containerd" revision=ae07eda36dd25f8a1b98dfbf587313b99c0190bb version=v1.6.28
        ctd-loading-plugin-cri-1x	-	unit	containerd.service	containerd	-	time="2024-03-01T20:15:55.628592128+08:00" level=info msg="loading plugin \"io.containerd.grpc.v1.cri\"..." type=io.containerd.grpc.v1
        ctd-loading-plugin-cri-2x	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=info msg="loading plugin" id=io.containerd.grpc.v1.cri type=io.containerd.grpc.v1
        ctd-start-cri-config	-	unit	containerd.service	containerd	-	time="2024-03-01T20:15:55.629493173+08:00" level=info msg="Start cri plugin with config {PluginConfig:{ContainerdConfig:{Snapshotter:overlayfs DefaultRuntimeName:runc"
        ctd-recovering	-	unit	containerd.service	containerd	-	time="2024-03-01T20:15:55.651088974+08:00" level=info msg="Start recovering state"
        ctd-booted	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:01.106084000Z" level=info msg="containerd successfully booted in 0.106084s"
        ctd-start-event-monitor	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:01.000000000Z" level=info msg="Start event monitor"
        ctd-failed-load-cri-1x	-	unit	containerd.service	containerd	-	time="2024-03-01T20:15:55.629000000+08:00" level=warning msg="failed to load plugin io.containerd.grpc.v1.cri" error="invalid plugin config: `mirrors` cannot be set when `config_path` is provided"
        ctd-failed-load-cri-2x	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=warning msg="failed to load plugin" error="invalid plugin config: no corresponding runtime configured in `containerd.runtimes` for `containerd` `default_runtime_name = \"nvidia\"" id=io.containerd.cri.v1.runtime type=io.containerd.cri.v1
        ctd-failed-run-cri	-	unit	containerd.service	containerd	-	time="2026-01-10T10:00:00.000000000Z" level=fatal msg="Failed to run CRI service" error="cni network conf monitor error: cni conf dir is removed, stop watching"
        ctd-bolt-wait	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:10.000000000Z" level=warning msg="waiting for response from boltdb open" plugin=bolt
        ctd-drop-in-version	-	unit	containerd.service	containerd	-	containerd: drop-in config version 4 higher than root config version 2
        ctd-cni-reload-failed	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="failed to reload cni configuration after receiving fs change event(REMOVE        \"/etc/cni/net.d/05-cilium.conflist\")" error="cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config"
        ctd-cni-watch-dead	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="failed to continue sync cni conf change" error="fsnotify: queue or buffer overflow"
        ctd-runpodsandbox-cni	-	unit	containerd.service	containerd	-	time="2024-02-15T20:28:32.075190807Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:server,Uid:eb9891c8-0b47-426b-8456-10a210f1115f,Namespace:default,Attempt:0,} failed, error" error="failed to setup network for sandbox \"1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2\": plugin type=\"cilium-cni\" failed (add): netplugin failed: \"ts=1708028912.027259, now=2024-02-15 20:28:32.027259, to retry\\n\""
        ctd-sandbox-failed	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:gpu,Uid:1,Namespace:default,Attempt:0,} failed, error" error="failed to get sandbox runtime: no runtime for \"nvidia\" is configured"
        ctd-name-reserved	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:web,Uid:1,Namespace:default,Attempt:0,} failed, error" error="failed to reserve sandbox name \"web_default_1_0\": name \"web_default_1_0\" is reserved for \"1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2\""
        ctd-kill-wait-deadline	-	unit	containerd.service	containerd	-	time="2025-01-10T10:02:00.000000000Z" level=error msg="StopContainer for \"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\" failed" error="failed to kill container \"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\": context deadline exceeded"
        ctd-shim-leak	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="failed to shutdown shim task and the shim might be leaked" error="ttrpc: closed: unknown" id=f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c
        ctd-backoff-event	-	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="Failed to handle backOff event container_id:\"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\" id:\"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\" pid:219567 exit_status:137 for f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c" error="failed to handle container TaskExit event: failed to stop container: context deadline exceeded"
        kl-runtime-down	-	unit	kubelet.service	kubelet	-	E0722 07:26:56.863708   14287 kubelet.go:2034] "Skipping pod synchronization" err="container runtime is down"
        kl-pleg-unhealthy	-	unit	kubelet.service	kubelet	-	E1128 14:02:06.631719  308309 kubelet.go:1870] "Skipping pod synchronization" err="PLEG is not healthy: pleg was last seen active 3m0.416753742s ago; threshold is 3m0s"
        kl-sanity-check-failed	-	unit	kubelet.service	kubelet	-	E0110 10:02:00.000000    1234 kubelet.go:2886] "Container runtime sanity check failed" err="rpc error: code = DeadlineExceeded desc = context deadline exceeded"
        kl-status-failed	-	unit	kubelet.service	kubelet	-	E0110 10:02:00.000000    1234 remote_runtime.go:892] "Status from runtime service failed" err="rpc error: code = DeadlineExceeded desc = context deadline exceeded"
        kl-network-not-ready	-	unit	kubelet.service	kubelet	-	E0822 19:22:13.138596   34334 kubelet.go:3117] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
        kl-runtime-not-ready	-	unit	kubelet.service	kubelet	-	E0110 10:00:00.000000    1234 kubelet.go:2905] "Container runtime not ready" runtimeReady="RuntimeReady=false reason:DockerDaemonNotReady message:docker: failed to get docker version"
        kl-node-not-ready-struct	-	unit	kubelet.service	kubelet	-	I0907 21:49:17.171114    2199 setters.go:548] "Node became not ready" node="minikube" condition={Type:Ready Status:False LastHeartbeatTime:2023-09-07 21:49:17.170974959 +0000 UTC m=+1962.581166852 LastTransitionTime:2023-09-07 21:49:17.170974959 +0000 UTC m=+1962.581166852 Reason:KubeletNotReady Message:PLEG is not healthy: pleg was last seen active 3m1.104514415s ago; threshold is 3m0s}
        kl-node-not-ready-json	-	unit	kubelet.service	kubelet	-	I0608 10:38:07.818418     793 setters.go:547] "Node became not ready" node="deep-wrk-02" condition={"type":"Ready","status":"False","lastHeartbeatTime":"2026-06-08T10:38:07Z","lastTransitionTime":"2026-06-08T10:38:07Z","reason":"KubeletNotReady","message":"container runtime is down"}
        kl-cri-v1-unimplemented-126	-	unit	kubelet.service	kubelet	-	E0120 08:27:48.065455    1482 run.go:74] "command failed" err="failed to run Kubelet: validate service connection: CRI v1 runtime API is not implemented for endpoint \"unix:///run/containerd/containerd.sock\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"
        kl-cri-v1-unimplemented-127	-	unit	kubelet.service	kubelet	-	E0226 14:34:51.595065  161614 run.go:74] "command failed" err="failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \"unix:///run/cri-dockerd.sock\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"
        kl-cri-socket-missing	-	unit	kubelet.service	kubelet	-	E0418 09:53:34.460176 1554024 run.go:74] "command failed" err="failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \"unix:///run/containerd/containerd.sock\": rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory\""
        kl-runtime-initialized	-	unit	kubelet.service	kubelet	-	I0418 09:55:00.000000    1234 kuberuntime_manager.go:257] "Container runtime initialized" containerRuntime="containerd" version="v1.6.28" apiVersion="v1"
        kl-runpodsandbox-failed	-	unit	kubelet.service	kubelet	-	E0215 20:28:32.075651     248 remote_runtime.go:176] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = failed to setup network for sandbox \"1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2\": plugin type=\"cilium-cni\" failed (add): unable to connect to Cilium agent: failed to create cilium agent client after 30.000000 seconds timeout: Get \"http://localhost/v1/config\": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory\nIs the agent running?"
        kl-stoppodsandbox-deadline	-	unit	kubelet.service	kubelet	-	E1126 17:31:49.900800    2098 remote_runtime.go:144] "StopPodSandbox from runtime service failed" err="rpc error: code = DeadlineExceeded desc = context deadline exceeded" podSandboxID="30d52e4fb7a0ec8f5e96bb888c5ae9119999830e85c114ca5999394f4fc7c112"
        kl-shutdown-timeout	-	unit	kubelet.service	kubelet	-	I0911 22:01:46.100000    1234 nodeshutdown_manager_linux.go:381] "Shutdown manager pod killing time out" gracePeriod=30 priority=0
        kl-shutdown-done	-	unit	kubelet.service	kubelet	-	I0911 22:01:47.100000    1234 nodeshutdown_manager_linux.go:330] "Shutdown manager completed processing shutdown event, node will shutdown shortly"
        kl-shutdown-not-configured	-	unit	kubelet.service	kubelet	-	I0911 09:00:00.000000    1234 nodeshutdown_manager_linux.go:140] "No graceful configuration specified, node shutdown will be immediate"
        kl-command-failed	-	unit	kubelet.service	kubelet	-	E0110 10:00:00.000000    1234 run.go:74] "command failed" err="failed to run Kubelet: misconfiguration: kubelet cgroup driver: \"cgroupfs\" is different from docker cgroup driver: \"systemd\""
        kruise-cri-v1	-	unit	-	-	-	W0717 09:21:24.409711       1 factory.go:121] Failed to new runtime service for docker (unix:///hostvarrun/docker.sock, unix:///hostvarrun/dockershim.sock): validate service connection: CRI v1 runtime API is not implemented for endpoint "unix:///hostvarrun/dockershim.sock": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService
        crictl-v1alpha2-unknown	-	unit	-	-	-	FATA[0000] listing images: rpc error: code = Unimplemented desc = unknown service runtime.v1alpha2.ImageService
        sd-main-exited	-	manager	containerd.service	systemd	98e322203f7a4ed290d09fe03c09fe15	containerd.service: Main process exited, code=exited, status=1/FAILURE
        sd-failed-result	-	manager	crio.service	systemd	d9b373ed55a64feb8242e02dbe79a49c	crio.service: Failed with result 'exit-code'.
        sd-start-limit	-	manager	kubelet.service	systemd	-	kubelet.service: Start request repeated too quickly.
        sd-restart-scheduled	-	manager	containerd.service	systemd	5eb03494b6584870a536b337290809b3	containerd.service: Scheduled restart job, restart counter is at 241.
        sd-watchdog	-	manager	crio.service	systemd	-	crio.service: Watchdog timeout (limit 1min)!
        sd-stop-sigterm-timeout	-	manager	containerd.service	systemd	-	containerd.service: State 'stop-sigterm' timed out. Killing.
        sd-start-timeout	-	manager	containerd.service	systemd	-	containerd.service: start operation timed out. Terminating.
        sd-failed-to-start	-	manager	containerd.service	systemd	be02cf6855d2428ba40df7e9d022f03d	Failed to start containerd container runtime.
        sd-started	-	manager	containerd.service	systemd	39f53479d3a045ac8e11786248231fbf	Started Container Runtime Interface for OCI (CRI-O).
        sd-starting	-	manager	containerd.service	systemd	7d4958e842da4a758f6c1cdc7b36dcc5	Starting containerd container runtime...
        sd-unit-oom	-	manager	crio.service	systemd	fe6faa94e7774663a0da52717891d8ef	crio.service: A process of this unit has been killed by the OOM killer.
        sd-oomd-kill	-	manager	kubepods-burstable-pod1.slice	systemd	d989611b15e44c9dbf31e3c81256e4ed	kubepods-burstable-pod1.slice: systemd-oomd killed 12 process(es) in this unit.
        sd-exec-failed	-	manager	containerd.service	systemd	-	containerd.service: Failed at step EXEC spawning /usr/bin/containerd: No such file or directory
        sd-scope-runc	-	manager	containerd.service	systemd	-	Started libcontainer container 5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b.
        sd-scope-crun	-	manager	containerd.service	systemd	-	Started libpod-739e563c8e83962a188ed75d260b21fdeade199021151612257eb609227f4f41.scope - libcrun container.
        sd-scope-stop-timeout	-	manager	crio-5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b.scope	systemd	-	crio-5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b.scope: Stopping timed out. Killing.
        sd-kill-process	-	manager	session-38.scope	systemd	-	session-38.scope: Killing process 1463 (bash) with signal SIGKILL.
        sd-shutdown-final-sigterm	-	kernel	-	kernel	-	systemd-shutdown[1]: Sending SIGTERM to remaining processes...
        k-oom-constraint	-	kernel	-	kernel	-	oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/leaker,task_memcg=/leaker,task=leaker,pid=23793,uid=0
        k-xfs-shutdown	-	kernel	-	kernel	-	XFS (dm-3): Log I/O Error Detected. Shutting down filesystem. Please unmount the filesystem and rectify the problem(s)
        cni-no-config-libcni	-	unit	containerd.service	containerd	-	cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config
        cni-host-local-exhausted	-	unit	containerd.service	containerd	-	Multus: error in invoke Delegate add - "macvlan": failed to allocate for range 0: no IP addresses available in range set: 10.252.2.4-10.252.2.4
        cni-host-local-duplicate	-	unit	containerd.service	-	-	failed to allocate for range 0: 10.88.0.12 has been allocated to 1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2, duplicate allocation is not allowed
        cni-bridge-addr	-	unit	containerd.service	-	-	failed to set bridge addr: "cni0" already has an IP address different from 10.244.1.1/24
        cni-portmap	-	unit	containerd.service	-	-	plugin type="portmap" failed (add): unable to create chain CNI-HOSTPORT-SETMARK: running [/usr/sbin/iptables -t nat -N CNI-HOSTPORT-SETMARK --wait]: exit status 4: iptables: Resource temporarily unavailable.
        cni-multus-readiness	-	unit	containerd.service	-	-	Multus: [kube-system/coredns/1]: have you checked that your default network is ready? still waiting for readinessindicatorfile @ /host/run/cilium/cni.conf. pollimmediate error: timed out waiting for the condition
        cni-multus-shim-sock	-	unit	containerd.service	-	-	plugin type="multus-shim" name="multus-cni-network" failed (add): CmdAdd (shim): failed to send CNI request: Post "http://dummy/cni": dial unix /run/multus/multus.sock: connect: connection refused
        cni-multus-api-timeout	-	unit	containerd.service	-	-	plugin type="multus" name="multus-cni-network" failed (add): Multus: [default/nginx-macvlan/19241d18-e0f9-4ae3-9db6-dba1cf7c256d]: error getting pod: Get "https://[10.96.0.1]:443/api/v1/namespaces/default/pods/nginx-macvlan?timeout=1m0s": dial tcp 10.96.0.1:443: i/o timeout
        cni-calico-nodename	-	unit	containerd.service	-	-	plugin type="calico" failed (add): stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running and has mounted /var/lib/calico/
        kl-boot-skip	-	unit	kubelet.service	kubelet	-	E0531 19:36:53.675950   87963 kubelet.go:2040] "Skipping pod synchronization" err="[container runtime status check may not have completed yet, PLEG is not healthy: pleg has yet to be successful]"
        b-kl-imagegc-once	benign	unit	kubelet.service	kubelet	-	E0531 19:36:53.648850   87963 kubelet.go:1351] "Image garbage collection failed once. Stats initialization may not have completed yet" err="failed to get imageFs info: unable to find data in memory cache"
        b-ctd-snapshotter-meta	benign	unit	containerd.service	containerd	-	time="2024-03-01T20:15:55.600000000+08:00" level=warning msg="could not use snapshotter devmapper in metadata plugin" error="devmapper not configured"
        b-ctd-shim-disconnected	benign	unit	containerd.service	containerd	-	time="2025-05-16T18:02:43.772912023Z" level=info msg="shim disconnected" id=f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c namespace=k8s.io
        b-ctd-cleanup-after-shim	benign	unit	containerd.service	containerd	-	time="2025-05-16T18:02:43.772957423Z" level=warning msg="cleaning up after shim disconnected" id=f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c namespace=k8s.io
        b-ctd-taskoom	benign	unit	containerd.service	containerd	-	time="2025-05-16T18:02:43.000000000Z" level=info msg="TaskOOM event container_id:\"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\""
        b-ctd-stopcontainer-kill	benign	unit	containerd.service	containerd	-	time="2026-01-12T10:56:50.300000000+08:00" level=info msg="Kill container \"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\""
        b-ctd-destroy-net-ignored	benign	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=warning msg="failed to destroy network for sandbox \"1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2\"; and ignoring because the sandbox network setup result is nil indicating the network setup never completed" error="plugin type=\"calico\" failed (delete)"
        b-ctd-execsync	benign	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="ExecSync for \"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\" failed" error="rpc error: code = DeadlineExceeded desc = failed to exec in container: timeout 1s exceeded: context deadline exceeded"
        ctd-pull-failed	benign	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="PullImage \"registry.example/app:nope\" failed" error="rpc error: code = NotFound desc = failed to pull and unpack image \"registry.example/app:nope\": failed to resolve reference \"registry.example/app:nope\": registry.example/app:nope: not found"
        b-ctd-notfound-race	benign	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="ContainerStatus for \"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\" failed" error="rpc error: code = NotFound desc = an error occurred when try to find container \"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\": not found"
        b-sd-leftover-shim	benign	manager	containerd.service	systemd	-	containerd.service: Found left-over process 4021 (containerd-shim) in control group while starting unit. Ignoring.
        b-sd-unclean-hint	benign	manager	containerd.service	systemd	-	This usually indicates unclean termination of a previous run, or service implementation deficiencies.
        b-sd-remains-running	benign	manager	containerd.service	systemd	-	containerd.service: Unit process 4021 (containerd-shim) remains running after unit stopped.
        b-sd-mount-deactivated	benign	manager	run-containerd-io.containerd.runtime.v2.task-k8s.io-f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c-rootfs.mount	systemd	-	run-containerd-io.containerd.runtime.v2.task-k8s.io-f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c-rootfs.mount: Deactivated successfully.
        b-sd-consumed	benign	manager	crio-5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b.scope	systemd	ae8f7b866b0347b9af31fe1c80b127c0	crio-5af774e767324ab80e6841f4e51f8a7e04ca00fa72a4912fabf402449002739b.scope: Consumed 1.234s CPU time.
        b-kl-notready-shutdown	benign	unit	kubelet.service	kubelet	-	I0112 10:56:20.222397 3112080 setters.go:552] "Node became not ready" node="green-master-3" condition={"type":"Ready","status":"False","lastHeartbeatTime":"2026-01-12T02:56:20Z","lastTransitionTime":"2026-01-12T02:56:20Z","reason":"KubeletNotReady","message":"node is shutting down"}
        b-kl-watchdog-off	benign	unit	kubelet.service	kubelet	-	I0123 09:24:28.723779     312 watchdog_linux.go:138] "Systemd watchdog is not enabled or the interval is invalid, so health checking will not be started."
        b-kl-containerstatus-notfound	benign	unit	kubelet.service	kubelet	-	E0110 10:00:00.000000    1234 remote_runtime.go:432] "ContainerStatus from runtime service failed" err="rpc error: code = NotFound desc = could not find container \"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\": container with ID starting with f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c not found: ID does not exist" containerID="f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c"
        b-crio-after-reboot	benign	unit	crio.service	crio	-	time="2025-01-06 08:00:03.000000000Z" level=error msg="Failed to update container state for d1a5064c67987f2546daa00e34504684f8ac7c534fbd3bb79c2c151f5087af92: stdout: , stderr: "
        b-crio-handler-ignored	benign	unit	crio.service	crio	-	time="2024-10-23 09:00:00.000000000Z" level=warning msg="Runtime handler \"runc\" is being ignored due to: invalid runtime_path for runtime 'runc': stat /usr/bin/runc: no such file or directory"
        b-crio-cni-wait	benign	unit	crio.service	crio	-	time="2025-02-01T10:00:00.000000000Z" level=info msg="CNI plugin not ready. Waiting to create k8s_POD_coredns as it is not host network"
        b-crio-cni-grace	benign	unit	crio.service	crio	-	time="2026-08-03T10:00:00.000000000Z" level=warning msg="CNI plugin status check failed, will report unhealthy after grace period (30s): plugin type=\"ovn-k8s-cni-overlay\" failed (status)"
        b-app-addr-in-use	benign	unit	-	-	-	felix/health.go 392: Health endpoint failed, trying to restart it... error=listen tcp 127.0.0.1:9099: bind: address already in use
        b-runc-exec-missing-shell	benign	unit	containerd.service	containerd	-	time="2025-01-10T10:00:00.000000000Z" level=error msg="Exec for \"f51267392f05152ad8ef082073f1b65abea345f4d4445cf079acd0d770374a1c\" failed" error="failed to exec in container: failed to start exec \"a1\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"bash\": executable file not found in $PATH: unknown"
        b-conmon-cgroup-gone	benign	conmon	crio-conmon-4bbbc006f606958022cb.scope	conmon	-	conmon 4bbbc006f606958022cb <nwarn>: Failed to get cgroup path. Container may have exited
        b-cp-kubelet-stopped-posting	benign	unit	-	-	-	Kubelet stopped posting node status.
        """##
}

extension String {
    fileprivate var orNil: String? { self == "-" ? nil : self }
}

extension Moment {
    static var zero: Moment {
        Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0))
    }
}
