/// What a pickle of Python describes, as far as checkpoints need it. Nothing in it is ever called.
enum PickleValue {
  case integer(Int)
  case text(String)
  case tuple([PickleValue])
  case list(PickleList)
  case dictionary(PickleDictionary)
  /// A class or function, by the module and name that it has there.
  case name(String)
  case storage(PickledStorage)
  case tensor(PickledTensor)
  /// Whatever else it would have made.
  case other
}

/// Lists and dictionaries are filled after they have been referred to.
final class PickleList {
  var items: [PickleValue] = []
}

/// In the order of insertion; of keys that are no texts the values are dropped.
final class PickleDictionary {
  var items: [(key: String, value: PickleValue)] = []

  subscript(key: String) -> PickleValue? { items.last { $0.key == key }?.value }
}

/// Elements of one type, kept outside the pickle.
struct PickledStorage {
  let key: String
  let dataType: DataType
  let elementCount: Int
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
