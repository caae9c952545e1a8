/// What a pickle of Python describes, as far as checkpoints need it. Nothing in it is ever called.
///
/// Whatever a file says, values nest no deeper than this, so that they can be looked through and let go of.
enum PickleValue {
  case integer(Int)
  case text(String)
  /// A tuple in a tuple holds none.
  case tuple([PickleValue])
  case list(PickleList)
  case dictionary(PickleDictionary)
  /// A class or function, by the module and name that it has there.
  case name(String)
  case storage(PickledStorage)
  case tensor(PickledTensor)
  /// Whatever else it would have made.
  case other

  fileprivate var items: [PickleValue] {
    if case .tuple(let items) = self { items } else { [] }
  }

  /// A tuple, without what lies too deep in it.
  static func tuple(of items: [PickleValue]) -> PickleValue {
    .tuple(items.map { item in item.items.contains { !$0.items.isEmpty } ? .other : item })
  }
}

/// Lists and dictionaries are filled after they have been referred to. Of a list the texts are kept.
final class PickleList {
  var texts: [String] = []
}

/// The tensors that stand under a text, in the order of insertion.
final class PickleDictionary {
  var tensors: [(name: String, tensor: PickledTensor)] = []
}

/// Elements of one type, kept outside the pickle.
struct PickledStorage {
  let key: String
  let dataType: DataType
}

/// A view of a storage.
struct PickledTensor {
  let storage: PickledStorage
  /// In elements, as are strides.
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  /// Whether elements lie row-major without gaps.
  var isContiguous: Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() {
      if extent > 1, stride != expected { return false }
      let (product, overflowed) = expected.multipliedReportingOverflow(by: max(extent, 1))
      if overflowed { return false }
      expected = product
    }
    return true
  }
}
