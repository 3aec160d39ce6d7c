// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import HealthEndpoint

@Suite struct RunbookPageTests {
    static let text = """
        # RuntimeDown: the runtime is <down>

        ## Meaning
        Nobody answers. The cause
        says why.

        ## Causes
        Hung      It accepts connections
                  and answers nothing.
        Stopped   Somebody stopped it.

        ## What to do
        1. See what systemd knows,
           and read it.
               systemctl status containerd
               journalctl -u containerd   # its log
        2. Start it.
        A restart does not stop containers.

        """

    private func answer(_ target: String, accept: String = "") -> Response {
        guard let parsed = try? RequestTarget(target) else { return .text("bad target", status: 400) }
        let request = Request(path: parsed.path, query: parsed.query, accept: accept, isTrusted: true)
        return Router(snapshot: Fixtures.down, runbooks: ["RuntimeDown": RunbookPage(Self.text).text()])
            .respond(to: request)
    }

    @Test("what to do comes second, and nothing is lost")
    func order() {
        let page = RunbookPage(Self.text)
        #expect(page.sections.map(\.heading) == ["Meaning", "What to do", "Causes"])
        #expect(page.text().split(separator: "\n").sorted() == Self.text.split(separator: "\n").sorted())
        #expect(RunbookPage(page.text()) == page)
        #expect(page.entry("hung")?.text == "It accepts connections and answers nothing.")
        #expect(page.entry("Nothing") == nil)
    }

    @Test("a cause has an address of its own")
    func causes() {
        let text = answer("/runbooks/runtimedown/HUNG").text
        #expect(text.hasPrefix("RuntimeDown/Hung: It accepts connections and answers nothing.\n"))
        #expect(text.contains("## What to do") && !text.contains("Somebody stopped it"))
        #expect(answer("/runbooks/RuntimeDown/Sleepy").text.contains("there are: Hung, Stopped"))
        for path in [
            "/runbooks/RuntimeDown/Hung/x", "/runbooks/RuntimeDown//", "/runbooks/Nothing",
        ] {
            #expect(answer(path).status == 404, "\(path)")
        }
    }

    @Test("a browser gets HTML with a place for each cause, escaped, and a policy")
    func html() {
        let response = answer("/runbooks/RuntimeDown", accept: "text/html")
        let html = response.text
        for part in [
            "<h1>RuntimeDown: the runtime is &lt;down&gt;</h1>", "<h2 id=\"whattodo\">What to do</h2>",
            "<dt id=\"hung\">Hung</dt><dd>It accepts connections and answers nothing.</dd>",
            "<li><p>See what systemd knows, and read it.</p><pre tabindex=\"0\"><code>systemctl status containerd</code></pre>",
            "<li><p>Start it.</p></li></ol><p>A restart does not stop containers.</p>",
            "href=\"../assets/page.css\"",
        ] { #expect(html.contains(part), "\(part)") }
        #expect(response.header("Content-Security-Policy") != nil)
        #expect(
            answer("/runbooks/RuntimeDown/Hung", accept: "text/html").text.contains(
                "href=\"../../assets/page.css\""))
        #expect(answer("/runbooks", accept: "text/html").text.contains("<a href=\"runbooks/RuntimeDown\">"))
        #expect(answer("/runbooks").text == "/runbooks/RuntimeDown\n")
    }
}
