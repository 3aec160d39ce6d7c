// SPDX-License-Identifier: Apache-2.0
import Systemd
import Testing

@Suite struct AlarmTests {
    @Test func aSleepEndsWithItsTime() {
        let alarm = Alarm()
        let start = ContinuousClock.now
        #expect(!alarm.sleep(atMost: .milliseconds(20)))
        #expect(ContinuousClock.now - start >= .milliseconds(19))
    }

    @Test func aRingBeforeTheSleepEndsItAtOnceAndOnce() {
        let alarm = Alarm()
        alarm.ring()
        alarm.ring()
        #expect(alarm.sleep(atMost: nil))
        #expect(!alarm.sleep(atMost: .zero))
    }
}
