import Glibc
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

/// Messages of a cache, in order.
private final class Messages: Sendable {
  private let messages = Mutex<[String]>([])

  func add(_ message: String) { messages.withLock { $0.append(message) } }
  var all: [String] { messages.withLock { $0 } }
}

@Suite struct `The feature cache` {
  let directory = TemporaryDirectory()
  private let messages = Messages()
  let encoder = String(repeating: "e1", count: 32)

  func key(_ number: Int, speed: Double = 1) -> FeatureKey {
    FeatureKey(audioHash: audioHash(of: [Float(number)]), speed: speed)
  }

  func cache(
    _ precision: FeatureCache.Precision = .float16, limitBytes: Int? = nil, encoder: String? = nil
  ) throws -> FeatureCache {
    try FeatureCache(
      directory: directory.file("cache"), encoderHash: encoder ?? self.encoder, precision: precision,
      limitBytes: limitBytes, report: { [messages] in messages.add($0) })
  }

  /// Stores the values, (rows, columns), and returns what they were rounded to.
  @discardableResult
  func store(
    _ values: [Float], rows: Int = 3, in cache: FeatureCache, _ key: FeatureKey
  ) -> [Float] {
    let workspace = Workspace()
    return workspace.scope {
      let features = matrix(workspace, rows: rows, columns: values.count / rows, values)
      cache.store(features, for: key)
      return features.elements()
    }
  }

  func read(_ key: FeatureKey, in cache: FeatureCache) -> [Float]? {
    cache.features(for: key).map(elements)
  }

  func elements(_ features: CachedFeatures) -> [Float] {
    let workspace = Workspace()
    return workspace.scope {
      let copy = workspace.matrix(rows: features.frames, columns: features.channels)
      features.copy(into: copy)
      return copy.elements()
    }
  }

  /// The paths of all files of the cache.
  func files() -> [String] {
    let root = directory.file("cache")
    return names(in: root).flatMap { encoder in
      names(in: "\(root)/\(encoder)").flatMap { folder in
        names(in: "\(root)/\(encoder)/\(folder)").map { "\(root)/\(encoder)/\(folder)/\($0)" }
      }
    }
  }

  @Test func `fp32 comes back exactly, fp16 as the nearest halves, and storing rounds to them`() throws {
    let values = random(21, 1).map { $0 * 300 } + [0, -0.0, 1e-7, -3e-8, 65_504, 1, 2, 3, 4]
    let exact = try cache(.float32)
    #expect(store(values, in: exact, key(1)) == values)
    #expect(read(key(1), in: exact) == values)
    let half = try cache(.float16)
    #expect(read(key(1), in: half) == nil)
    let expected = values.map { Float(Float16($0)) }
    #expect(store(values, in: half, key(1)) == expected)
    #expect(read(key(1), in: half) == expected)
    #expect(messages.all.isEmpty)
  }

  @Test func `audio, speed and encoder each make another entry`() throws {
    let cache = try cache(.float32)
    store([1, 2, 3], in: cache, key(1))
    store([4, 5, 6], in: cache, key(2))
    store([7, 8, 9], in: cache, key(1, speed: 0.9))
    #expect(read(key(1), in: cache) == [1, 2, 3])
    #expect(read(key(2), in: cache) == [4, 5, 6])
    #expect(read(key(1, speed: 0.9), in: cache) == [7, 8, 9])
    #expect(read(key(1, speed: 1.1), in: cache) == nil)
    #expect(read(key(1), in: try self.cache(.float32, encoder: String(repeating: "2f", count: 32))) == nil)
  }

  @Test func `an entry with any byte changed, cut short or of another key is none, and is replaced`() throws {
    let cache = try cache(.float32)
    store([1, 2, 3], in: cache, key(1))
    let path = try #require(files().first)
    let good = contents(of: path)
    func put(_ bytes: some Sequence<UInt8>) {
      directory.write(bytes, as: String(path.dropFirst(directory.path.count + 1)))
    }
    #expect(good.count == 192 + 12)
    for place in good.indices {
      var bad = good
      bad[place] ^= 0x10
      put(bad)
      #expect(cache.features(for: key(1)) == nil, "byte \(place)")
    }
    for count in [0, 1, 24, 191, 192, 203] {
      put(good.prefix(count))
      #expect(cache.features(for: key(1)) == nil, "\(count) bytes")
    }
    put(good + [0])
    #expect(cache.features(for: key(1)) == nil)
    store([1, 2, 3], in: cache, key(1))
    #expect(contents(of: path) == good)
    // The file of another recording under this name.
    store([4, 5, 6], in: cache, key(2))
    let other = try #require(files().first { $0 != path })
    put(contents(of: other))
    #expect(cache.features(for: key(1)) == nil)
    #expect(messages.all.isEmpty)
  }

  @Test func `the least recently used go when room is wanted, and stay readable where they are open`() throws
  {
    // Entries of 192 + 4 x 60 = 432 bytes: four fit, and eviction goes down to 9/10 of the limit.
    let cache = try cache(.float32, limitBytes: 4 * 432)
    func values(_ number: Int) -> [Float] { random(60, UInt64(number)) }
    for number in 1...4 {
      store(values(number), in: cache, key(number))
      usleep(20_000)
    }
    #expect(files().count == 4)
    let open = try #require(cache.features(for: key(2)))
    usleep(20_000)
    _ = cache.features(for: key(1))
    usleep(20_000)
    store(values(5), in: cache, key(5))
    // 1728 - 172 - 432 = 1124 bytes may stay: two of four, the ones used last.
    #expect((1...5).map { cache.features(for: key($0)) != nil } == [true, true, false, false, true])
    usleep(20_000)
    _ = cache.features(for: key(5))
    usleep(20_000)
    store(values(6), in: cache, key(6))
    usleep(20_000)
    store(values(7), in: cache, key(7))
    #expect(cache.features(for: key(2)) == nil)
    #expect(elements(open) == values(2))
    // What can never fit is not kept, and pushes nothing out.
    let before = files()
    store(random(600, 9), in: cache, key(9))
    #expect(files() == before)
  }

  @Test func `two caches share a directory and its limit`() throws {
    let caches = try (0..<2).map { _ in try cache(.float32, limitBytes: 40 * 432) }
    let compute = Compute(threads: 4)
    compute.run(tasks: 400) { task, _ in
      let number = task % 70
      let values = random(60, UInt64(number))
      if let found = read(key(number), in: caches[task % 2]) {
        #expect(found == values)
      } else {
        store(values, in: caches[task % 2], key(number))
      }
    }
    let bytes = files().reduce(0) { $0 + contents(of: $1).count }
    // The other's sixteenth beyond the limit, and what four threads write meanwhile.
    #expect(bytes <= 40 * 432 * 17 / 16 + 4 * 432)
    #expect(files().allSatisfy { $0.hasSuffix(".f32") })
    #expect(messages.all.isEmpty)
  }

  @Test func `what a killed process left half-written is removed when it is old`() throws {
    store([1, 2, 3], in: try cache(.float32), key(1))
    let path = try #require(files().first)
    let folder = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    let relative = String(folder.dropFirst(directory.path.count + 1))
    for (name, age) in [(".a.f32.x1", 3600), (".b.f32.x2", 60)] {
      let path = directory.write("half", as: "\(relative)/\(name)")
      let times = [timespec](repeating: timespec(tv_sec: time(nil) - age, tv_nsec: 0), count: 2)
      #expect(utimensat(AT_FDCWD, path, times, 0) == 0)
    }
    let cache = try cache(.float32)
    #expect(names(in: folder).count == 2 && names(in: folder).contains(".b.f32.x2"))
    #expect(read(key(1), in: cache) == [1, 2, 3])
  }

  @Test func `a failed write is said once, and reading goes on`() throws {
    let cache = try cache()
    store([1, 2, 3], in: cache, key(1))
    // A file stands where the folders of other entries would be.
    for number in 2...3 {
      let name = "cache/\(encoder)/\(key(number).audioHash.prefix(2))"
      directory.write("in the way", as: name)
      #expect(store([1.0001, 2, 3], in: cache, key(number)) == [1, 2, 3], "rounded all the same")
    }
    #expect(messages.all.count == 1)
    #expect(messages.all.first?.hasPrefix("feature cache: \(directory.path)") == true)
    store([4, 5, 6], in: cache, key(4))
    #expect(read(key(4), in: cache) == nil, "no more writes")
    #expect(read(key(1), in: cache) == [1, 2, 3])
  }

  @Test func `features beyond fp16 are neither kept nor changed`() throws {
    let cache = try cache()
    for number in 1...2 {
      #expect(store([1.0001, 70_000, 3], in: cache, key(number)) == [1.0001, 70_000, 3])
    }
    #expect(files().isEmpty)
    #expect(messages.all.count == 1 && messages.all[0].hasSuffix("use fp32"))
    #expect(store([1.0001, 2, 3], in: cache, key(3)) == [1, 2, 3])
  }

  @Test func `a path that cannot be a directory is an error that names it`() throws {
    directory.write("a file", as: "cache")
    let error = #expect(throws: (any Error).self) { try cache() }
    #expect(error.map { "\($0)".hasPrefix(directory.file("cache") + ": expected a directory") } == true)
  }
}
