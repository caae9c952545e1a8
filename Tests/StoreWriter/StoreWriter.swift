import Glibc
import JSON
import Store

/// `StoreWriter STORE NAME COUNT`: a decode run of its own with so many transcripts, each printed once it is
/// in the store; then the run is ended.
@main
struct StoreWriter {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let count = Int(arguments[3]) else { exit(64) }
    do { try write(into: arguments[1], name: arguments[2], count: count) } catch {
      let line = Array("\(error)\n".utf8)
      _ = Glibc.write(2, line, line.count)
      exit(1)
    }
  }

  private static func write(into path: String, name: String, count: Int) throws {
    let store = try Store(path: path)
    // The same for all writers: one row, whoever comes first.
    let checkpoint = try store.register(
      CheckpointEntry(hash: "c0ffee", path: "/model", architecture: "HubertForCTC", parameterCount: 1))
    let run = try store.beginDecoding(
      DecodeRunEntry(
        checkpoint: checkpoint, decoder: "greedy", precision: "fp32", settings: [:], version: "test",
        inputs: count))
    for index in 0..<count {
      let sound = UtteranceEntry(hash: "sound \(index)", audioHash: "sound \(index)", durationSeconds: 0.5)
      let entry = TranscriptEntry(
        utterance: sound, name: "\(name)-\(index)", audioPath: "/audio/\(index).wav",
        text: "text of \(name) number \(index)")
      try store.add([entry], to: run)
      print(entry.name)
      fflush(nil)
    }
    try store.endDecoding(run, as: .finished)
  }
}
