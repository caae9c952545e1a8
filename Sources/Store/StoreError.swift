import GRDB

/// Why a store cannot be used, or has not what it was asked for.
///
/// Its `description` is one line: the file, what is wrong, what to do.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of trouble it is, for programs; people read the description.
  public enum Kind: Sendable, Hashable {
    /// There is no such file.
    case missing
    /// The file is something else. It has not been touched.
    case notAStore
    /// A newer version of the program wrote it. It has not been touched.
    case newerVersion
    /// Its bytes are not what was written.
    case damaged
    /// Others held it for too long.
    case busy
    /// The disk is full.
    case full
    /// The system refuses to read or write it.
    case inaccessible
    /// It has no record of that id.
    case noSuchRecord
    /// Anything else that SQLite says.
    case failed
  }

  public let kind: Kind
  public let path: String
  public let reason: String
  public let remedy: String

  init(_ kind: Kind, path: String, _ reason: String, remedy: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
    self.remedy = remedy
  }

  public var description: String { "\(printable(path)): \(printable(reason)); \(printable(remedy))" }
}

extension StoreError {
  static func notAStore(_ path: String, found: String) -> StoreError {
    StoreError(
      .notAStore, path: path, "expected a store of Warbler, found \(found)",
      remedy: "name another file with --store; this one was left as it is")
  }

  static func newer(_ path: String, version: Int) -> StoreError {
    StoreError(
      .newerVersion, path: path,
      "its version is \(version), this program knows versions up to \(Store.schemaVersion)",
      remedy: "use the newer program that wrote it, or another file with --store; this one was left as it is")
  }

  static func missing(_ path: String) -> StoreError {
    StoreError(
      .missing, path: path, "there is no store", remedy: "name one with --store, or write one with decode")
  }

  static func noSuchRecord(_ path: String, _ id: RecordID) -> StoreError {
    StoreError(
      .noSuchRecord, path: path, "it has no \(id.kind.noun) \(id)", remedy: "list them with warbler store")
  }

  /// Whatever GRDB threw, in a line.
  init(_ error: any Error, path: String) {
    if let error = error as? StoreError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self.init(.failed, path: path, "\(error)", remedy: "check the file, or name another with --store")
      return
    }
    let message = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    let (kind, remedy): (Kind, String) =
      switch error.resultCode {
      case .SQLITE_NOTADB, .SQLITE_CORRUPT:
        (.damaged, "copy back a backup, or save what there is with sqlite3's .recover")
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        (.busy, "another program holds it; end that program, or name another file with --store")
      case .SQLITE_FULL: (.full, "make room on the disk")
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_AUTH:
        (.inaccessible, "check the path, its directory's permissions and the disk")
      default: (.failed, "check the file, or name another with --store")
      }
    self.init(kind, path: path, message, remedy: remedy)
  }
}

/// Text made safe for one line of a message.
private func printable(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: result += scalar.escaped(asASCII: true)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
