// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Diagnosis

/// Text is found byte for byte, at every place of a line.
@Suite struct ByteSearchTests {
    @Test func aPieceIsFoundInAString() {
        #expect("aaab".contains("aab") && "aé".contains("é") && "a".contains("") && "x: EOF".contains("EOF"))
        #expect(!"aab".contains("aaab") && !"".contains("a") && !"eof".contains("EOF"))
    }
}
