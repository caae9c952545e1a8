// The one file of the base modules that needs Foundation: the standard library's own normalisation is not
// public.
import Foundation

extension String {
  /// Normalisation Form C: each letter with its accents as one scalar where Unicode has one.
  package var inNormalizationFormC: String {
    // Below U+0300 there are neither combining marks nor scalars that compose or decompose further.
    if unicodeScalars.allSatisfy({ $0.value < 0x300 }) { return self }
    return precomposedStringWithCanonicalMapping
  }
}
