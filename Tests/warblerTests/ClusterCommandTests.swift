import JSON
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler cluster` {
  let directory = TemporaryDirectory()

  func recording(_ name: String, samples: Int = 16_000) -> String {
    directory.write(wav(noise(samples, seed: UInt64(name.utf8.reduce(0) { $0 + Int($1) }))), as: name)
  }

  func run(_ arguments: String..., more: [String] = []) -> Subprocess.Result {
    Subprocess(["cluster"] + arguments + more).finish()
  }

  @Test func `MFCC become clusters, labels and a report, and a second call passes over what is done`() throws
  {
    let (a, b) = (recording("a.wav"), recording("b.wav", samples: 8000))
    let out = directory.file("out")
    let options = [
      "--features", "mfcc", "--clusters", "5", "--starts", "2", "--out", out, "--json", "--quiet",
    ]
    let result = run(a, b, more: options)
    #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
    let report = try JSONValue(parsing: result.output)
    // floor((16000 - 400) / 160) + 1 and floor((8000 - 400) / 160) + 1 frames.
    #expect(report["frames"] == 146 && report["utterances"] == 2 && report["failed"] == 0)
    #expect(contents(of: out + "/report.json") == Array(result.output.utf8))
    let labels = contents(of: out + "/labels.safetensors")
    let again = run(a, b, more: options + ["--threads", "1"])
    #expect(again.code == 0 && again.output == result.output)
    #expect(contents(of: out + "/labels.safetensors") == labels)
    #expect(!names(in: out + "/work").contains("features.bin"))
  }

  @Test func `existing clusters label other recordings, every second frame if asked`() throws {
    let (a, b) = (recording("a.wav"), recording("b.wav"))
    let out = directory.file("out")
    #expect(run(a, "--features", "mfcc", "--clusters", "3", "--out", out, "--quiet").code == 0)
    let km = directory.file("b.km")
    let result = run(
      b, "--features", "mfcc", "--labels-only", out + "/kmeans.safetensors", "--rate", "50", "--km", km,
      "--out",
      directory.file("out2"), "--json", "--quiet")
    #expect(result.code == 0, "\(result.errors)")
    #expect(try JSONValue(parsing: result.output)["frames"] == 49)
    #expect(String(decoding: contents(of: km), as: UTF8.self).split(separator: " ").count == 49)
    #expect(
      contents(of: out + "/kmeans.safetensors") == contents(of: directory.file("out2/kmeans.safetensors")))
    let foreign = run(
      b, "--model", goldenModel(), "--layer", "1", "--labels-only", out + "/kmeans.safetensors", "--out",
      directory.file("out3"))
    #expect(foreign.code == 1 && foreign.errorLines.count == 1, "\(foreign.errors)")
    #expect(foreign.errors.contains("is of mfcc, 39 features a frame; expected layer 1 of model"))
  }

  @Test func `standardized by speaker, a loud and a soft voice have the same clusters`() throws {
    // The second voice is the first, 16 times as loud: its log energies are higher by a constant.
    for (index, seed) in [UInt64(3), 4].enumerated() {
      let soft = noise(8000, seed: seed).map { ($0 - 8192) / 16 }
      directory.write(wav(soft), as: "soft\(index).wav")
      directory.write(wav(soft.map { 16 * $0 }), as: "loud\(index).wav")
    }
    let rows = ["soft", "loud"].flatMap { speaker in
      (0..<2).map {
        #"{"id": "\#(speaker)\#($0)", "audio_filepath": "\#(speaker)\#($0).wav", "speaker": "\#(speaker)"}"#
      }
    }
    let manifest = directory.write(Array((rows.joined(separator: "\n") + "\n").utf8), as: "voices.jsonl")
    func labels(_ over: String) throws -> [String: Substring] {
      let km = directory.file("\(over).km")
      let result = run(
        manifest, "--features", "mfcc", "--standardize", over, "--clusters", "6", "--km", km, "--out",
        directory.file(over), "--json", "--quiet")
      #expect(result.code == 0 && result.errors.isEmpty, "\(result.errors)")
      let features = over == "none" ? "mfcc" : "mfcc, standardized by \(over)"
      #expect(try JSONValue(parsing: result.output)["features"]?.string == features)
      let lines = String(decoding: contents(of: km), as: UTF8.self).split(separator: "\n")
      return Dictionary(uniqueKeysWithValues: zip(["soft0", "soft1", "loud0", "loud1"], lines))
    }
    let raw = try labels("none")
    #expect(raw["soft0"] != raw["loud0"] && raw["soft1"] != raw["loud1"])
    for over in ["speaker", "speaker-mean", "utterance", "utterance-mean"] {
      let standardized = try labels(over)
      #expect(standardized["soft0"] == standardized["loud0"], "\(over)")
      #expect(standardized["soft1"] == standardized["loud1"], "\(over)")
    }
    #expect(names(in: directory.file("speaker")).contains("speakers.safetensors"))
    // Clusters of standardized features are none of others.
    let foreign = run(
      manifest, "--features", "mfcc", "--labels-only", directory.file("speaker/kmeans.safetensors"), "--out",
      directory.file("foreign"))
    #expect(foreign.code == 1 && foreign.errorLines.count == 1, "\(foreign.errors)")
    #expect(
      foreign.errors.contains("is of mfcc, standardized by speaker, 39 features a frame; expected mfcc, 39"))
  }

  @Test func `recordings without a speaker are not standardized by speaker`() {
    let result = run(
      recording("a.wav"), "--features", "mfcc", "--standardize", "speaker", "--clusters", "2", "--out",
      directory.file("out"))
    #expect(result.code == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("has no speaker to standardize by"))
    let unknown = run(
      recording("a.wav"), "--features", "mfcc", "--standardize", "sex", "--clusters", "2", "--out",
      directory.file("out"))
    #expect(
      unknown.code == 64
        && unknown.errors.contains(
          "--standardize sex: expected one of none, utterance-mean, utterance, speaker-mean, speaker")
    )
  }

  @Test func `hidden states are clustered, and labels compared with themselves are pure`() throws {
    let (a, b) = (recording("a.wav"), recording("b.wav"))
    let out = directory.file("out")
    let options = [
      "--model", goldenModel(), "--layer", "1", "--clusters", "4", "--starts", "1", "--out", out,
    ]
    #expect(run(a, b, more: options + ["--fraction", "0.5", "--quiet"]).code == 0)
    let result = run(
      a, b,
      more: options + ["--fraction", "0.5", "--reference", out + "/labels.safetensors", "--json", "--quiet"])
    #expect(result.code == 0, "\(result.errors)")
    let reference = try JSONValue(parsing: result.output)["reference"]
    #expect(reference?["phone_purity"]?.double == 1 && reference?["cluster_purity"]?.double == 1)
  }

  @Test func `inputs that fail are 3 beside others and 1 alone`() {
    let good = recording("a.wav")
    let bad = directory.write([], as: "bad.wav")
    let options = ["--features", "mfcc", "--clusters", "2", "--out", directory.file("out"), "--quiet"]
    let beside = run(bad, good, more: options)
    #expect(beside.code == 3 && beside.errorLines.count == 1, "\(beside.errors)")
    #expect(run(bad, more: options).code == 1)
    #expect(
      run(good, more: ["--features", "mfcc", "--clusters", "200", "--out", directory.file("o")]).code == 1)
  }

  @Test(arguments: [
    ["--clusters", "2"], ["--features", "mfcc"], ["--features", "x", "--clusters", "2"],
    ["--features", "mfcc", "--model", "m", "--layer", "0", "--clusters", "2"],
    ["--model", "m", "--clusters", "2"],
    ["--features", "mfcc", "--clusters", "0"], ["--features", "mfcc", "--clusters", "2", "--fraction", "0"],
    ["--features", "mfcc", "--clusters", "2", "--rate", "30"],
    ["--features", "mfcc", "--clusters", "2", "--labels-only", "x"],
  ])
  func `an option that cannot be is 64 and one line`(options: [String]) {
    let result = run(recording("a.wav"), "--out", directory.file("out"), more: options)
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(result.errorLines.count == 1, "\(result.errors)")
  }
}
