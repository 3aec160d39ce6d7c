// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import HealthEndpoint

@Suite struct HTMLTests {
    /// What could leave its place: an element, an attribute, the script, a comment, a terminal.
    static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
        "</title></h1><script src=//evil.example/x.js></script>", "javascript:alert(1)",
        "<!-- --><![CDATA[ ]]>",
        "&lt;b&gt; &amp;amp; &#60;", "a\u{0}b\u{1B}[31mred\u{1B}[0m\u{202E}desrever\u{2028}",
        "\u{FEFF}\u{FFFE}",
        "../../../etc/passwd?x=1#y", "{{constructor}}", String(repeating: "<", count: 6000), "",
    ]

    /// Every tag of the page, in order.
    private func tags(_ html: String) -> [Substring] { html.matches(of: /<[^>]*>/).map { html[$0.range] } }

    @Test(arguments: hostile) func noTextBecomesMarkup(text: String) {
        let html = HTMLPage.render(Fixtures.hostile(text))
        // The same page, whatever the texts are: the same elements in the same order.
        let name = { (tag: Substring) in tag.prefix { $0 != " " && $0 != ">" } }
        let plain = HTMLPage.render(Fixtures.hostile("plain"))
        if !text.isEmpty { #expect(tags(html).map(name) == tags(plain).map(name)) }
        #expect(html.matches(of: /<script/).count == 1)
        // Quotes of attributes pair up, and no tag has an attribute that the plain page does not have.
        let attributes = { (html: String) in
            Set(
                self.tags(html).flatMap { tag in tag.matches(of: /\ ([^ =>"]+)="[^"]*"/).map { String($0.1) }
                })
        }
        #expect(attributes(html).isSubset(of: attributes(plain)))
        for link in html.matches(of: /(?:href|src)="([^"]*)"/) {
            #expect(link.1.contains(/^(#main|assets\/|v1\/|runbooks\/|metrics|healthz)/), "\(link.1)")
            #expect(!link.1.contains(".."), "\(link.1)")
        }
        for scalar in html.unicodeScalars where scalar != "\n" {
            let category = scalar.properties.generalCategory
            #expect(category != .control && category != .format && category != .lineSeparator)
        }
        #expect(html.utf8.count < 2_000_000)
    }

    @Test func thePageSaysWhatTheTextSays() {
        let html = HTMLPage.render(Fixtures.down)
        for part in [
            "<h1>containerd was killed by SIGKILL and has not come back.</h1>", "UNHEALTHY", "worker-7",
            "RuntimeDown/Killed, containerd 1.6.20~ds1", "No pod can be started",
            "Main process exited, code=killed",
            "kubelet says &quot;container runtime is down&quot;", "systemctl start containerd.service",
            "grep &#39;sig=SIGKILL&#39;", "when connect(2) succeeds", "CRIVersionSupported", "1.6.20~ds1",
            "containers: 31 running, 4 exited", "containerd was stopped by an operator.",
            "journald suppressed them", "runc 1.1.5+ds1", "href=\"runbooks/RuntimeDown#killed\"",
            "href=\"v1/incidents/runtime-down-containerd.service.txt\"",
        ] { #expect(html.contains(part), "\(part)") }
    }

    @Test func nothingIsInlineAndNothingIsElsewhere() throws {
        let response = Router.answer("/", Fixtures.down, accept: "text/html")
        let html = response.text
        #expect(!html.contains("style="))
        #expect(html.matches(of: /\ on[a-z]+=/).isEmpty)
        #expect(html.contains("<script src=\"assets/page.js\" defer></script>"))
        #expect(html.matches(of: /https?:/).isEmpty)
        let policy = try #require(response.header("Content-Security-Policy"))
        #expect(policy.hasPrefix("default-src 'none';"))
        #expect(!policy.contains("unsafe") && !policy.contains("*"))
        let script = String(decoding: try #require(Asset.named("page.js")).body, as: UTF8.self)
        for word in [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http:", "https:",
        ] {
            #expect(
                !script.replacingOccurrences(of: "secure context: https,", with: "").contains(word), "\(word)"
            )
        }
    }

    @Test func onlyAssetsAreServed() {
        for name in ["", "page", "openapi.json", "../page.js", "x.svg", "Healthy.svg", "healthy.svg.svg"] {
            #expect(Asset.named(name) == nil, "\(name)")
        }
    }
}
