import CKernels

#if canImport(Glibc)
import Glibc
#endif

/// What a CPU can run: each level is the same kernels compiled for wider instructions.
public enum KernelLevel: String, CaseIterable, Sendable {
  case portable
  case avx2
  case avx512

  init(_ level: ck_level) {
    switch level {
    case CK_AVX512: self = .avx512
    case CK_AVX2: self = .avx2
    default: self = .portable
    }
  }

  var level: ck_level {
    switch self {
    case .portable: CK_PORTABLE
    case .avx2: CK_AVX2
    case .avx512: CK_AVX512
    }
  }

  /// The widest level that this CPU runs.
  public static var best: KernelLevel { KernelLevel(ck_supported_level()) }

  /// The levels that this CPU runs, narrowest first.
  public static var supported: [KernelLevel] { allCases.filter { $0.level.rawValue <= best.level.rawValue } }
}

/// The environment asks for kernels that cannot be had.
public struct KernelLevelError: Error, CustomStringConvertible {
  public let description: String
}

extension KernelLevel {
  /// The environment variable that forces a level: `avx512`, `avx2` or `portable`.
  public static let variable = "WARBLER_KERNELS"

  /// The level that ``variable`` names, else ``best``.
  public static func chosen() throws(KernelLevelError) -> KernelLevel {
    guard let value = getenv(variable).map({ String(cString: $0) }), !value.isEmpty else { return best }
    guard let level = KernelLevel(rawValue: value) else {
      let names = allCases.map(\.rawValue).joined(separator: ", ")
      throw KernelLevelError(description: "\(variable)=\(value): unknown; one of \(names), or unset it")
    }
    guard supported.contains(level) else {
      throw KernelLevelError(
        description: "\(variable)=\(value): this CPU only runs \(best.rawValue) and below; unset it")
    }
    return level
  }
}
