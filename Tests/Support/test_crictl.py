#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Compares the stand-in for crictl with recordings of the real crictl 1.36, byte by byte.

A runtime of the test's own answers with what the recording shows, over gRPC; what the stand-in prints of it must be
what the real one printed. Ids and times are in the answers, so they are the same; what it has of its own (the time
and the process of a message) is taken out. `inspect` is recorded too and not compared: crihealthd never calls it, and the
stand-in does not have it.
"""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import tarfile
import tempfile
import unittest

import cri
import grpc
from google.protobuf import json_format

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parent / "Corpus"
ENDPOINT = "unix:///run/containerd/containerd.sock"
CALLS = {"version": ("Version", ["version"]), "info": ("Status", ["info", "-o", "json"]),
         "pods": ("ListPodSandbox", ["pods", "-o", "json"]),
         "ps": ("ListContainers", ["ps", "--all", "-o", "json"])}
RECORDINGS = ("baseline-containerd-1.6.20", "baseline-containerd-2.1.9", "crio-1.29.9-baseline", "S4-containerd-2.0.1",
              "S2-containerd-1.6.20-to-1.7.24", "S0-crio-1.29.9-to-1.30.6", "containerd-1.6.20-nocni")
LOG = "containerd-1.6.20-oom"


class Recorded:
    """The recorded calls of one outage, by phase and subcommand."""

    def __init__(self, name):
        with tarfile.open(CORPUS / f"{name}.tar.xz") as archive:
            self.files = {pathlib.PurePosixPath(one.name).name: archive.extractfile(one).read()
                          for one in archive.getmembers() if one.isfile() and "/crictl/" in one.name}

    def calls(self, subcommand):
        """(phase, stdout, stderr, exit code) of every call of crictl 1.36."""
        for name in sorted(self.files):
            match = re.fullmatch(rf"(.+)\.{subcommand}\.crictl-1\.36\..*\.rc", name)
            if match:
                base = name[:-len(".rc")]
                out = self.files.get(f"{base}.json", self.files.get(f"{base}.out", b""))
                yield match[1], out, self.files.get(f"{base}.stderr", b""), int(self.files[name])


class Server:
    """A runtime on a unix socket; `answers` has a message, or (code, text), by method."""

    def __init__(self, path, answers):
        def handler(call):
            method = call.method.rpartition("/")[2]
            answer = answers.get(method)

            def serve(_, context):
                if isinstance(answer, tuple):
                    context.abort(*answer)
                return answer.SerializeToString()
            return grpc.unary_unary_rpc_method_handler(serve) if answer is not None else None

        class Handlers(grpc.GenericRpcHandler):
            def service(self, call):
                return handler(call)

        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        self.server.add_generic_rpc_handlers((Handlers(),))
        self.server.add_insecure_port(f"unix:{path}")

    def __enter__(self):
        self.server.start()

    def __exit__(self, *_):
        self.server.stop(0).wait()


def message(subcommand, printed):
    """The runtime's answer of which the real crictl printed this."""
    kind = cri.types(CALLS[subcommand][0])[1]
    if subcommand == "version":
        pairs = (line.split(":  ") for line in printed.decode().splitlines())
        return json_format.ParseDict({name[0].lower() + name[1:]: value for name, value in pairs}, kind())
    whole = json.loads(printed)
    if subcommand != "info":
        return json_format.ParseDict(whole, kind())
    own = {name: whole.pop(name) for name in ("status", "runtimeHandlers", "features") if name in whole}
    answer = json_format.ParseDict(own, kind())
    for name, part in whole.items():
        answer.info[name] = json.dumps(part) if isinstance(part, dict) else part
    return answer


def neutral(stderr, socket):
    """Messages without the time, the process and the place of the socket."""
    text = stderr.decode().replace(f"unix://{socket}", ENDPOINT).replace(socket, ENDPOINT[len("unix://"):])
    return re.sub(r'^(time="[^"]*"|E\d{4} [\d:.]+ +\d+)', "", text, flags=re.MULTILINE)


class StandIn(unittest.TestCase):
    """What it prints for what the runtime says."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.socket = str(self.folder / "s")

    def crictl(self, *words, timeout="2000ms"):
        done = subprocess.run([HERE / "crictl", "--runtime-endpoint", f"unix://{self.socket}", "--timeout", timeout,
                               *words], capture_output=True, timeout=30)
        return done.returncode, done.stdout, done.stderr

    def test_prints_what_the_runtime_says_as_the_real_one_does(self):
        compared = 0
        for name in RECORDINGS:
            recorded = Recorded(name)
            for subcommand, (method, words) in CALLS.items():
                seen = set()
                for phase, printed, _, code in recorded.calls(subcommand):
                    if code or printed in seen:
                        continue
                    seen.add(printed)
                    with self.subTest(recording=name, phase=phase, subcommand=subcommand):
                        version = cri.types("Version")[1](version="0.1.0", runtime_api_version="v1")
                        answers = {"Version": version, method: message(subcommand, printed)}
                        with Server(self.socket, answers):
                            code, out, err = self.crictl(*words)
                        self.assertEqual((code, out.decode(), err), (0, printed.decode(), b""))
                        compared += 1
        self.assertGreater(compared, 25)

    def test_prints_a_log_as_the_real_one_does(self):
        (_, printed, _, _), = Recorded(LOG).calls("logs-oom")
        log = self.folder / "0.log"
        log.write_text("2026-11-22T02:00:00.0Z stdout F earlier\n" + "".join(
            f"2026-11-22T02:00:00.0Z stdout F {line}\n" for line in printed.decode().splitlines())
            + "2026-11-22T02:00:00.0Z stderr F trouble\n")
        answer = cri.types("ContainerStatus")[1]()
        answer.status.log_path = str(log)
        with Server(self.socket, {"Version": cri.types("Version")[1](), "ContainerStatus": answer}):
            code, out, err = self.crictl("logs", "--tail", str(len(printed.splitlines()) + 1), "0123abcd")
        self.assertEqual((code, out, err), (0, printed, b"trouble\n"))

    def failure(self, recording, subcommand, phase, answers, timeout="2000ms"):
        """It fails with the recorded words and exit code."""
        (expected,) = [one[1:] for one in Recorded(recording).calls(subcommand) if one[0] == phase]
        with Server(self.socket, answers):
            code, out, err = self.crictl(*CALLS[subcommand.partition("-")[0]][1], timeout=timeout)
        self.assertEqual((code, out, neutral(err, self.socket)),
                         (expected[2], expected[0], neutral(expected[1], ENDPOINT[len("unix://"):])))

    def test_an_old_runtime(self):
        unknown = (grpc.StatusCode.UNIMPLEMENTED, "unknown service runtime.v1.RuntimeService")
        for subcommand in CALLS:
            self.failure("S3-containerd-1.4.13", subcommand, "fault", {"Version": unknown})

    def test_a_status_that_does_not_come(self):
        late = (grpc.StatusCode.DEADLINE_EXCEEDED, "whatever the server calls it")
        self.failure("S4-containerd-2.0.1", "info", "fault", {"Version": cri.types("Version")[1](), "Status": late})


if __name__ == "__main__":
    made = unittest.main(exit=False, verbosity=2).result
    bad = len(made.failures) + len(made.errors)
    print(f"{made.testsRun - min(bad, made.testsRun)} passed, {bad} failed: crictl's stand-in against the real one")
    raise SystemExit(1 if bad else 0)
