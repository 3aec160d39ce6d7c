// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What is folded under an incident, counted and in a person's words.
@Suite struct SymptomTests {
    /// containerd 2.x prints the request as protobuf text; the same failure is told by two rules and by the kubelet.
    @Test(arguments: [
        #"name:\"web-1\"  uid:\"u-1\"  namespace:\"shop\""#,
        "&PodSandboxMetadata{Name:web-1,Uid:u-1,Namespace:shop,Attempt:0,}",
    ])
    func aPodThatFailsIsOne(_ request: String) throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        let line =
            #"time="2026-11-30T10:33:30Z" level=error msg="RunPodSandbox for \#(request) failed, error" error="failed to setup network for sandbox \"25bf0e85\": plugin type=\"flannel\" failed (add): open /run/flannel/subnet.env: no such file or directory""#
        scene.line(line)
        let symptoms = try #require(scene.open.first?.symptoms)
        #expect(symptoms.map(\.summary) == ["pod shop/web-1 could not be created"])
        #expect(symptoms.map(\.count) == [1])
        scene.wait(.seconds(10))
        scene.line(line)
        #expect(scene.open.first?.symptoms.map(\.count) == [2])
        for item in scene.open.flatMap(\.evidence) { #expect(!item.summary.contains("uid:")) }
    }
}
