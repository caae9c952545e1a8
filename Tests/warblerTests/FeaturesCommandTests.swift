import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `warbler features` {
  let directory = TemporaryDirectory()
  let model = "\(goldenModels)/hidden-states/hubert-model"

  func recording(_ name: String, samples: Int = 8000) -> String {
    directory.write(wav(noise(samples)), as: name)
  }

  @Test func `each input's states are a file, by its id`() {
    _ = recording("x.wav")
    _ = recording("y.wav", samples: 16_000)
    let manifest = directory.write(
      """
      {"audio_filepath": "y.wav", "id": "s/second"}
      {"audio_filepath": "x.wav"}
      """, as: "m.jsonl")
    let out = directory.file("out")
    let result = Subprocess.run(
      "features", manifest, "--model", model + "/", "--layer", "1", "--out", out + "/")
    #expect(result.code == 0 && result.output.isEmpty)
    #expect(result.errorLines.count == 1 && result.errors.hasPrefix("computed 2 of 2 inputs, 1.5 s of audio"))
    #expect(names(in: out) == ["s", "x.npy"] && names(in: "\(out)/s") == ["second.npy"])
    // 24 and 49 frames of 32 floats behind a header of 128 bytes.
    #expect(contents(of: "\(out)/x.npy").count == 128 + 24 * 32 * 4)
    #expect(contents(of: "\(out)/s/second.npy").count == 128 + 49 * 32 * 4)
    let half = Subprocess.run(
      "features", directory.file("x.wav"), "--model", model, "--out", directory.file("half"), "--dtype",
      "fp16",
      "--quiet")
    #expect(half.code == 0 && half.errors.isEmpty)
    #expect(contents(of: directory.file("half/x.npy")).count == 128 + 24 * 32 * 2)
  }

  @Test func `one file holds them all, the same on any number of threads`() {
    let paths = (0..<6).map { recording("r\($0).wav", samples: 5000 + 3000 * $0) }
    let files = ["1", "2", "5"].map { threads in
      let out = directory.file("f\(threads).safetensors")
      let result = Subprocess(["features", "--model", model, "--out", out, "--threads", threads] + paths)
        .finish()
      #expect(result.code == 0)
      return contents(of: out)
    }
    #expect(Set(files).count == 1 && files[0].count > 6 * 32 * 4)
    #expect(directory.names.allSatisfy { !$0.hasPrefix(".") })
  }

  @Test func `failures beside results are 3, failures alone 1, and --quiet keeps a line for each`() {
    let good = recording("a.wav")
    let bad = directory.write([], as: "bad.wav")
    for out in [directory.file("out"), directory.file("out.safetensors")] {
      let beside = Subprocess.run("features", bad, good, "--model", model, "--out", out, "--quiet")
      #expect(beside.code == 3)
      #expect(beside.errorLines.count == 1 && beside.errors.hasPrefix("\(bad): is empty"))
    }
    #expect(names(in: directory.file("out")) == ["a.npy"])
    let alone = Subprocess.run(
      "features", bad, "--model", model, "--out", directory.file("none.safetensors"), "--quiet")
    #expect(alone.code == 1 && alone.errorLines.count == 1)
    #expect(directory.names == ["a.wav", "bad.wav", "out", "out.safetensors"])
  }

  @Test(arguments: [
    ["--layer", "x"], ["--layer", "-1"], ["--layer", "1.5"], ["--dtype", "bf16"], ["--threads", "0"],
    ["--chunk-seconds", "0.5"], ["--pcm", "16000"],
  ])
  func `an option that cannot be is 64 and one line that names it`(options: [String]) {
    let option = options[0] == "--layer" ? ["--layer=\(options[1])"] : options
    let result = Subprocess(
      ["features", recording("a.wav"), "--model", model, "--out", directory.file("out")] + option
    ).finish()
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(
      result.errorLines.count == 1 && result.errors.hasPrefix(options.joined(separator: " ")),
      "\(result.errors)")
    #expect(names(in: directory.path) == ["a.wav"])
  }

  @Test func `missing arguments are 64`() {
    #expect(Subprocess.run("features", "a.wav", "--model", model).code == 64)
    #expect(Subprocess.run("features", "a.wav", "--out", "x").code == 64)
    #expect(Subprocess.run("features", "--model", model, "--out", "x").code == 64)
  }

  @Test func `a model, a layer or a place that cannot be is 1 and one line`() {
    let good = recording("a.wav")
    let out = directory.file("out")
    for model in [directory.file("absent"), good, directory.path] {
      let result = Subprocess.run("features", good, "--model", model, "--out", out)
      #expect(result.code == 1 && result.errorLines.count == 1 && result.errors.hasPrefix(model))
    }
    let layer = Subprocess.run("features", good, "--model", model, "--layer", "3", "--out", out)
    #expect(layer.code == 1 && layer.errorLines.count == 1)
    #expect(layer.errors.contains("num_hidden_layers") && layer.errors.contains("0 to 2, found --layer 3"))
    for place in [good, "\(directory.path)/absent/x.safetensors"] {
      let result = Subprocess.run("features", good, "--model", model, "--out", place)
      #expect(result.code == 1 && result.errorLines.count == 1 && result.errors.hasPrefix(place))
    }
    #expect(names(in: directory.path) == ["a.wav"])
  }

  @Test func `a disk that is full is that input's failure, and leaves no part of a file`() {
    let small = recording("a.wav", samples: 400)
    let big = recording("b.wav", samples: 80_000)
    let out = directory.file("out")
    // A frame fits, 249 do not.
    let folder = Subprocess(
      ["features", small, big, "--model", model, "--out", out, "--quiet"], fileBytes: 4096
    )
    .finish()
    #expect(folder.code == 3 && folder.errorLines.count == 1 && folder.errors.contains("b.npy"))
    #expect(names(in: out) == ["a.npy"])
    let file = Subprocess(
      ["features", small, big, "--model", model, "--out", out + ".safetensors", "--quiet"], fileBytes: 4096
    ).finish()
    #expect(file.code == 3 && file.errorLines.count == 1 && file.errors.contains("no room to keep b"))
    #expect(directory.names == ["a.wav", "b.wav", "out", "out.safetensors"])
  }

  @Test func `standard input is a recording`() {
    let samples = noise(8000)
    let result = Subprocess.run(
      "features", "-", "--pcm", "16000", "--model", model, "--out", directory.file("out"), "--quiet",
      input: pcm(samples))
    #expect(result.code == 0)
    let file = directory.write(wav(samples), as: "a.wav")
    _ = Subprocess.run("features", file, "--model", model, "--out", directory.file("out"), "--quiet")
    let files = ["stdin", "a"].map { contents(of: directory.file("out/\($0).npy")) }
    #expect(files[0] == files[1])
  }

  @Test(arguments: [(SIGINT, "SIGINT", Int32(130)), (SIGTERM, "SIGTERM", 143)])
  func `what is done is kept when a signal comes, and the exit code tells it`(
    signal: Int32, name: String, code: Int32
  ) {
    let bytes = wav(noise(80_000))
    directory.folder("in")
    for index in 0..<400 { directory.write(bytes, as: "in/r\(1000 + index).wav") }
    let out = directory.file("out")
    let command = Subprocess([
      "features", directory.file("in"), "--model", model, "--out", out, "--threads", "1",
    ])
    // Waits for the first file.
    while names(in: out).isEmpty { usleep(2000) }
    command.send(signal)
    let result = command.finish()
    #expect(result.code == code)
    let kept = names(in: out)
    #expect(kept.count > 0 && kept.count < 400 && kept.allSatisfy { $0.hasSuffix(".npy") })
    #expect(
      result.errorLines.last?.hasPrefix("stopped by \(name): computed \(kept.count) of 400 inputs") == true,
      "\(result.errors)")
  }
}
