public import Glibc
import Synchronization

/// The built `warbler`, or another executable of the package, run as a user runs it: its own process, pipes
/// for stdin, stdout and stderr, and a working directory of its own that is removed afterwards.
public final class Subprocess {
  public struct Result {
    /// The exit code, or 128 + the signal that ended it, as a shell says it.
    public let code: Int32
    public let output: String
    public let errors: String

    public var lines: [String] { output.split(separator: "\n").map(String.init) }
    public var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  public let process: pid_t
  private let output: Int32
  private let streams = TemporaryDirectory()
  private let errors: String

  /// The directory of the test bundle, where the executables are too.
  private static let products: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
  }()

  /// Starts the command. stderr goes to a file, so that reading stdout to its end can never block.
  /// - Parameters:
  ///   - executable: its name, or an absolute path of one that is no product.
  ///   - directory: to work in; nil for an empty one.
  ///   - fileBytes: the size beyond which the system refuses to let a file grow, as on a full disk.
  public init(
    _ arguments: [String], executable: String = "warbler", input: [UInt8]? = nil, environment: [String] = [],
    in directory: String? = nil, fileBytes: Int? = nil
  ) {
    let errors = streams.write([], as: "stderr")
    let input = streams.write(input ?? [], as: "stdin")
    if directory == nil { streams.folder("work") }
    let directory = directory ?? streams.file("work")
    let limits = fileBytes.map { ["prlimit", "--fsize=\($0)"] } ?? []
    let path = executable.hasPrefix("/") ? executable : "\(Self.products)/\(executable)"
    (process, output) = Self.spawning.withLock { _ in
      Self.spawn(
        limits + [path] + arguments, input: input, errors: errors, environment, directory)
    }
    self.errors = errors
  }

  /// Held while descriptors exist that another test's child would inherit.
  private static let spawning = Mutex(())

  private static func spawn(
    _ arguments: [String], input: String, errors: String, _ environment: [String], _ directory: String
  ) -> (pid_t, Int32) {
    var pipes: [Int32] = [0, 0]
    precondition(pipe(&pipes) == 0)
    for descriptor in pipes { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_TRUNC, 0)
    // Threads of a test run have signals blocked, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var process = pid_t()
    // env changes the directory and becomes the command: the process is the same.
    let executable = "/usr/bin/env"
    let arguments = ([executable, "-C", directory] + arguments).map { strdup($0) } + [nil]
    let variables = (environment + ["PATH=/usr/bin:/bin", "COLUMNS=80"]).map { strdup($0) } + [nil]
    defer { for string in arguments + variables { free(string) } }
    let failed = posix_spawn(&process, executable, &actions, &attributes, arguments, variables)
    precondition(failed == 0, "\(executable): \(String(cString: strerror(failed)))")
    close(pipes[1])
    return (process, pipes[0])
  }

  deinit { close(output) }

  public func send(_ signal: Int32) { kill(process, signal) }

  /// Up to `count` bytes of stdout; empty at its end.
  public func read(_ count: Int = 1 << 16) -> String {
    var block = [UInt8](repeating: 0, count: count)
    let got = Glibc.read(output, &block, count)
    return String(decoding: block[..<max(0, got)], as: UTF8.self)
  }

  /// Closes the reading end of stdout.
  public func closeOutput() {
    let null = open("/dev/null", O_RDONLY)
    dup2(null, output)
    close(null)
  }

  /// Reads stdout to its end and waits.
  public func finish(after start: String = "") -> Result {
    var text = start
    while true {
      let more = read()
      if more.isEmpty { break }
      text += more
    }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    let signal = status & 0x7F
    return Result(
      code: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: text,
      errors: String(decoding: contents(of: errors), as: UTF8.self))
  }

  public static func run(
    _ arguments: String..., input: [UInt8]? = nil, environment: [String] = [], in directory: String? = nil
  ) -> Result {
    Subprocess(arguments, input: input, environment: environment, in: directory).finish()
  }
}
