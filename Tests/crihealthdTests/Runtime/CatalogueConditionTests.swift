// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthModel
import Testing

@testable import HealthEndpoint

/// The endpoint knows nothing of diagnoses; what it excludes by condition is what the catalogue says.
@Suite struct CatalogueConditionTests {
    @Test(arguments: Catalogue.all.map(\.kind)) func everyKindHasTheConditionOfTheCatalogue(
        _ kind: IncidentKind
    ) {
        #expect(HealthChecks.condition(of: kind) == Catalogue.of(kind)?.condition)
    }
}
