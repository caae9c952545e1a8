import ArgumentParser
import Workbench

#if canImport(Glibc)
import Glibc
#endif

/// One call of a command, from its options to the exit code: results go to stdout, what happens to stderr.
protocol CommandRun {
  var console: Console { get set }

  /// Does the work.
  /// - Throws: `ExitCode` once all has been said; an error of one line for anything else.
  mutating func run() throws
}

extension CommandRun {
  /// Runs with SIGINT and SIGTERM kept for the work to ask for, and leaves through an exit code where that is
  /// not 0: 64 for a request that cannot be met, 1 for what went wrong, each in one line.
  mutating func start() throws {
    Interruption.install()
    // A file that may not grow is an error of `write`, not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    do {
      try run()
    } catch let exit as ExitCode {
      throw exit
    } catch let error as UsageError {
      console.failure("\(error)")
      throw ExitCode(64)
    } catch ResultOutput.Failure.closed {
      console.erase()
      ResultOutput.endByClosedPipe()
    } catch ResultOutput.Failure.failed(let reason) {
      console.failure(reason)
      throw ExitCode(1)
    } catch {
      console.failure("\(error)")
      throw ExitCode(1)
    }
  }
}

/// Makes a run of a command's options; a request that cannot be met is one line, and exit code 64.
func settled<Run>(_ make: () throws -> Run) throws -> Run {
  do {
    return try make()
  } catch let error as UsageError {
    var console = Console(isQuiet: true)
    console.failure("\(error)")
    throw ExitCode(64)
  }
}
