/// The members of a JSON object, in the order they were written; keys are unique, byte for byte.
public struct JSONObject: Sendable, Hashable {
  public struct Member: Sendable, Hashable {
    public var key: String
    public var value: JSONValue

    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  public private(set) var members: [Member]

  /// Places by key, kept once there are more members than are worth searching one by one.
  private var places: [ExactString: Int]?

  /// Members up to which a key is found by looking at each.
  static let searchedUpTo = 16

  public init() { members = [] }

  /// - Precondition: no key occurs twice.
  public init(_ members: [Member]) {
    self.init()
    for member in members {
      precondition(append(member) == nil, "the key \(member.key) occurs twice in one JSON object")
    }
  }

  public var count: Int { members.count }
  public var isEmpty: Bool { members.isEmpty }
  public var keys: [String] { members.map(\.key) }

  /// The value of a key. Setting nil removes the member; setting a new key appends it.
  ///
  /// - Complexity: constant, or linear in at most 16 members; removal is linear.
  public subscript(key: String) -> JSONValue? {
    get { place(of: key).map { members[$0].value } }
    set {
      switch (place(of: key), newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil):
        members.remove(at: place)
        places = nil
        indexIfLarge()
      case (nil, let value?): append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// Appends a member whose key is new; otherwise changes nothing and returns the place of the key.
  @discardableResult
  mutating func append(_ member: Member) -> Int? {
    if let place = place(of: member.key) { return place }
    members.append(member)
    if places != nil {
      places?[ExactString(member.key)] = members.count - 1
    } else {
      indexIfLarge()
    }
    return nil
  }

  mutating func replace(at place: Int, with value: JSONValue) { members[place].value = value }

  private mutating func indexIfLarge() {
    guard members.count > Self.searchedUpTo else { return }
    var index = [ExactString: Int](minimumCapacity: members.count * 2)
    for (place, member) in members.enumerated() { index[ExactString(member.key)] = place }
    places = index
  }

  private func place(of key: String) -> Int? {
    if let places { return places[ExactString(key)] }
    let key = ExactString(key)
    return members.firstIndex { ExactString($0.key) == key }
  }

  public static func == (a: JSONObject, b: JSONObject) -> Bool { a.members == b.members }

  public func hash(into hasher: inout Hasher) { hasher.combine(members) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// The members in the order written.
  ///
  /// - Precondition: no key occurs twice.
  public init(dictionaryLiteral members: (String, JSONValue)...) {
    self.init(members.map { Member(key: $0.0, value: $0.1) })
  }
}
