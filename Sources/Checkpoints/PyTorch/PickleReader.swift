/// Reads pickles (Python's pickletools, protocols 2 to 5) without running anything: tensors are noted, and
/// what else a pickle would call is left out.
struct PickleReader {
  /// Why it is none, in a few words.
  struct Malformed: Error {
    let found: String
  }

  private let bytes: UnsafeRawBufferPointer
  /// The next byte.
  private(set) var position: Int
  /// The storages that were referred to, by key, in all pickles read.
  private(set) var storages: [String: PickledStorage] = [:]
  private var stack: [PickleValue] = []
  /// Heights of the stack where a mark lies.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// The next pickle; the position is then behind it.
  mutating func read() throws(Malformed) -> PickleValue {
    (stack, marks, memo) = ([], [], [:])
    while true {
      let place = position
      let code = try byte()
      if code == UInt8(ascii: ".") { return try pop() }
      guard try execute(code) else {
        throw Malformed(found: "the unknown instruction \(code) at byte \(place)")
      }
    }
  }

  /// - Returns: false for an instruction that is not known.
  private mutating func execute(_ code: UInt8) throws(Malformed) -> Bool {
    if try pushConstant(code) { return true }
    switch code {
    case 0x80: _ = try byte()  // PROTO
    case 0x95: _ = try unsigned(8)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"): stack.append(try top())

    case UInt8(ascii: "q"): memo[try unsigned(1)] = try top()
    case UInt8(ascii: "r"): memo[try unsigned(4)] = try top()
    case 0x94: memo[memo.count] = try top()  // MEMOIZE
    case UInt8(ascii: "h"): stack.append(try recalled(try unsigned(1)))
    case UInt8(ascii: "j"): stack.append(try recalled(try unsigned(4)))

    case UInt8(ascii: "t"): stack.append(.tuple(of: try popMark()))
    case 0x85...0x87: stack.append(.tuple(of: try pop(Int(code) - 0x84)))  // TUPLE1 to TUPLE3
    case UInt8(ascii: "l"):
      let items = try popMark()
      stack.append(.list(PickleList()))
      try append(items)
    case UInt8(ascii: "d"):
      let items = try popMark()
      stack.append(.dictionary(PickleDictionary()))
      try setItems(items)
    // Items are taken off the stack first: what they go into is then on top.
    case UInt8(ascii: "a"):
      let item = try pop()
      try append([item])
    case UInt8(ascii: "e"):
      let items = try popMark()
      try append(items)
    case UInt8(ascii: "s"):
      let items = try pop(2)
      try setItems(items)
    case UInt8(ascii: "u"):
      let items = try popMark()
      try setItems(items)
    case 0x90: _ = try popMark()  // ADDITEMS
    case 0x91:  // FROZENSET
      _ = try popMark()
      stack.append(.other)

    case UInt8(ascii: "c"): stack.append(.name(try line() + " " + line()))
    case 0x93:  // STACK_GLOBAL
      let parts = try pop(2)
      guard case .text(let module) = parts[0], case .text(let name) = parts[1] else {
        throw Malformed(found: "a name that is no text")
      }
      stack.append(.name(module + " " + name))
    case UInt8(ascii: "Q"):
      let identifier = try pop()
      stack.append(try storage(identifier))
    case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
      let call = try pop(2)
      stack.append(try result(of: call[0], call[1]))
    case 0x92:  // NEWOBJ_EX
      _ = try pop(3)
      stack.append(.other)
    case UInt8(ascii: "i"):  // INST
      _ = try line() + line()
      _ = try popMark()
      stack.append(.other)
    case UInt8(ascii: "o"):
      _ = try popMark()
      stack.append(.other)
    // BUILD: what is set on an object that was left out, or on a dictionary beside its items.
    case UInt8(ascii: "b"): _ = try pop()
    default: return false
    }
    return true
  }

  /// - Returns: false for an instruction that pushes none.
  private mutating func pushConstant(_ code: UInt8) throws(Malformed) -> Bool {
    switch code {
    case UInt8(ascii: "N"), 0x88, 0x89: stack.append(.other)  // None, True, False
    case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
    case UInt8(ascii: "K"): stack.append(.integer(try unsigned(1)))
    case UInt8(ascii: "M"): stack.append(.integer(try unsigned(2)))
    case 0x8A: stack.append(try long(try unsigned(1)))
    case 0x8B: stack.append(try long(try unsigned(4)))
    case UInt8(ascii: "G"): try skip(8)
    case UInt8(ascii: "I"), UInt8(ascii: "L"), UInt8(ascii: "F"):
      _ = try line()
      stack.append(.other)
    case UInt8(ascii: "X"): stack.append(try text(try unsigned(4)))
    case 0x8C: stack.append(try text(try unsigned(1)))
    case 0x8D: stack.append(try text(try unsigned(8)))
    case UInt8(ascii: "U"): stack.append(try text(try unsigned(1)))
    case UInt8(ascii: "T"): stack.append(try text(try unsigned(4)))
    case UInt8(ascii: "C"): try skip(try unsigned(1))
    case UInt8(ascii: "B"): try skip(try unsigned(4))
    case 0x8E, 0x96: try skip(try unsigned(8))
    case UInt8(ascii: ")"): stack.append(.tuple([]))
    case UInt8(ascii: "]"): stack.append(.list(PickleList()))
    case UInt8(ascii: "}"): stack.append(.dictionary(PickleDictionary()))
    case 0x8F: stack.append(.other)  // EMPTY_SET
    default: return false
    }
    return true
  }

  // MARK: What torch.save calls

  /// `torch._utils` puts tensors together out of storages; `OrderedDict` is a dictionary.
  private func result(of callee: PickleValue, _ arguments: PickleValue) throws(Malformed) -> PickleValue {
    guard case .name(let name) = callee, case .tuple(let arguments) = arguments else { return .other }
    switch name {
    case "collections OrderedDict": return .dictionary(PickleDictionary())
    case "torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor_v3":
      guard arguments.count >= 4, case .storage(let storage) = arguments[0],
        case .integer(let offset) = arguments[1], let shape = Self.integers(arguments[2]),
        let strides = Self.integers(arguments[3]), strides.count == shape.count
      else { throw Malformed(found: "a tensor without storage, offset, shape and strides") }
      return .tensor(PickledTensor(storage: storage, offset: offset, shape: shape, strides: strides))
    case "torch._utils _rebuild_parameter", "torch._utils _rebuild_parameter_with_state":
      return arguments.first ?? .other
    default: return .other
    }
  }

  /// `("storage", torch.FloatStorage, key, device, elements)`.
  private mutating func storage(_ identifier: PickleValue) throws(Malformed) -> PickleValue {
    guard case .tuple(let parts) = identifier, parts.count >= 5, case .text("storage") = parts[0],
      case .name(let type) = parts[1], case .text(let key) = parts[2]
    else { throw Malformed(found: "something kept outside that is no storage") }
    guard let dataType = Self.dataTypes[type] else { throw Malformed(found: "elements of \(type)") }
    if parts.count > 5, case .tuple = parts[5] { throw Malformed(found: "a storage that is part of another") }
    let storage = PickledStorage(key: key, dataType: dataType)
    storages[key] = storage
    return .storage(storage)
  }

  private static let dataTypes: [String: DataType] = [
    "torch FloatStorage": .float32, "torch HalfStorage": .float16, "torch BFloat16Storage": .bfloat16,
    "torch DoubleStorage": .float64, "torch LongStorage": .int64, "torch IntStorage": .int32,
    "torch ShortStorage": .int16, "torch CharStorage": .int8, "torch ByteStorage": .uint8,
    "torch BoolStorage": .bool, "torch ComplexFloatStorage": .complex64,
  ]

  private static func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let items) = value else { return nil }
    var integers: [Int] = []
    for item in items {
      guard case .integer(let integer) = item else { return nil }
      integers.append(integer)
    }
    return integers
  }

  // MARK: Stack

  private func top() throws(Malformed) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw Malformed(found: "an empty stack")
    }
    return value
  }

  private mutating func pop() throws(Malformed) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  /// The last values, in their order.
  private mutating func pop(_ count: Int) throws(Malformed) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw Malformed(found: "an empty stack") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws(Malformed) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw Malformed(found: "no mark") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func recalled(_ place: Int) throws(Malformed) -> PickleValue {
    guard let value = memo[place] else { throw Malformed(found: "a reference to nothing") }
    return value
  }

  private func append(_ items: [PickleValue]) throws(Malformed) {
    guard case .list(let list) = try top() else { return }
    for case .text(let text) in items { list.texts.append(text) }
  }

  private func setItems(_ items: [PickleValue]) throws(Malformed) {
    guard items.count % 2 == 0 else { throw Malformed(found: "a key without a value") }
    guard case .dictionary(let dictionary) = try top() else { return }
    for place in stride(from: 0, to: items.count, by: 2) {
      if case .text(let name) = items[place], case .tensor(let tensor) = items[place + 1] {
        dictionary.tensors.append((name, tensor))
      }
    }
  }

  // MARK: Bytes

  private mutating func take(_ count: Int) throws(Malformed) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - position else {
      throw Malformed(found: "its end before its stop")
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// A float, or bytes.
  private mutating func skip(_ count: Int) throws(Malformed) {
    _ = try take(count)
    stack.append(.other)
  }

  private mutating func byte() throws(Malformed) -> UInt8 { try take(1)[0] }

  /// Little-endian; what has no place in an `Int` is as good as too long.
  private mutating func unsigned(_ count: Int) throws(Malformed) -> Int {
    var value: UInt64 = 0
    for byte in try take(count).reversed() { value = value << 8 | UInt64(byte) }
    return Int(exactly: value) ?? .max
  }

  /// Two's complement, little-endian; `other` where an `Int` does not hold it.
  private mutating func long(_ count: Int) throws(Malformed) -> PickleValue {
    let bytes = try take(count)
    guard count <= 8 else { return .other }
    var value: UInt64 = (bytes.last ?? 0) & 0x80 == 0 ? 0 : .max
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return .integer(Int(Int64(bitPattern: value)))
  }

  private mutating func text(_ count: Int) throws(Malformed) -> PickleValue {
    .text(String(decoding: try take(count), as: UTF8.self))
  }

  private mutating func line() throws(Malformed) -> String {
    let begin = position
    while try byte() != UInt8(ascii: "\n") {}
    return String(decoding: bytes[begin..<position - 1], as: UTF8.self)
  }
}
