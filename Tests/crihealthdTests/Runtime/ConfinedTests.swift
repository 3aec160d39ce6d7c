// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Testing

@testable import crihealthd

@Suite struct ConfinedTests {
    @Test func submissionsAreDoneInOrder() {
        let confined = Confined(label: "test", [Int]())
        for number in 0..<1000 { confined.submit { $0.append(number) } }
        #expect(confined.read { $0 } == Array(0..<1000))
    }

    @Test func concurrentSubmissionsDoNotMeet() {
        let confined = Confined(label: "test", 0)
        DispatchQueue.concurrentPerform(iterations: 1000) { _ in confined.submit { $0 += 1 } }
        #expect(confined.read { $0 } == 1000)
    }

    @Test func errorsKeepTheirType() {
        struct Refused: Error {}
        let confined = Confined(label: "test", 0)
        let error = #expect(throws: Refused.self) {
            try confined.read { _ throws(Refused) in throw Refused() }
        }
        #expect(error != nil)
    }

    @Test func timersRepeatUntilStopped() {
        let confined = Confined(label: "test", 0)
        let thrice = DispatchSemaphore(value: 0)
        confined.every(.milliseconds(5), leeway: .zero) { count in
            count += 1
            if count == 3 { thrice.signal() }
        }
        #expect(thrice.wait(timeout: .now() + 10) == .success)
        confined.stop()
        let count = confined.read { $0 }
        let settled = DispatchSemaphore(value: 0)
        _ = settled.wait(timeout: .now() + .milliseconds(50))
        #expect(confined.read { $0 } == count)
    }

    @Test func nonCopyableStateIsHeld() {
        struct Handle: ~Copyable { var number: Int }
        let confined = Confined(label: "test", Handle(number: 7))
        confined.submit { $0.number += 1 }
        #expect(confined.read { $0.number } == 8)
    }

    @Test func readingOnItsOwnQueueTraps() async {
        await #expect(processExitsWith: .failure) {
            let confined = Confined(label: "test", 0)
            let done = DispatchSemaphore(value: 0)
            confined.submit { _ in
                _ = confined.read { $0 }
                done.signal()
            }
            _ = done.wait(timeout: .now() + 10)
        }
    }
}
