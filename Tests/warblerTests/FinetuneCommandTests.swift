import TestSupport
import Testing
import Training

@Suite(.timeLimit(.minutes(2))) struct `warbler finetune` {
  let directory = TemporaryDirectory()

  @Test func `every option of the table is a flag, with its help and its default`() {
    let result = Subprocess.run("finetune", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    let words = result.output.split { $0.isWhitespace }.joined(separator: " ")
    for option in FinetuneOption.table {
      #expect(
        words.contains("--\(option.name)\(option.valueName.map { " <\($0)>" } ?? "")"), "\(option.name)")
      // Help is wrapped, in the middle of long words too.
      #expect(
        words.contains(option.help.split(separator: " ").prefix(4).joined(separator: " ")), "\(option.name)")
    }
    #expect(words.contains("(default: tri-stage)") && words.contains("(default: 0.9,0.98)"))
    for section in FinetuneOption.Section.allCases {
      #expect(result.output.contains(section.rawValue.uppercased() + ":"), "\(section)")
    }
  }

  @Test(arguments: [
    (["--steps", "0"], "--steps 0: expected a whole number from 1"),
    (["--precision", "bf16"], "--precision bf16: training in bf16 is not in this version; use fp32"),
    (["--betas", "1,2"], "--betas 1,2: expected two numbers"),
    (["--no-zero-infinity", "--clip=-1"], "--clip -1: expected a number of 0 or more"),
    (["--resume"], "--resume: expected --out DIR"),
    ([], "--model: expected a checkpoint"),
  ])
  func `wrong usage is 64 and one line`(options: [String], message: String) {
    let result = Subprocess(["finetune"] + options).finish()
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(result.errorLines.count == 1 && result.errors.hasPrefix(message), "\(result.errors)")
  }

  @Test func `a wrong file of options is 64, one that cannot be read 1`() {
    let file = directory.write("steps: 5\nlayer-drop: 0.1\n", as: "recipe.yaml")
    let wrong = Subprocess.run("finetune", "--config", file)
    #expect(wrong.code == 64)
    #expect(wrong.errors == "\(file):2: layer-drop: no such option; did you mean layerdrop?\n")
    let absent = Subprocess.run("finetune", "--config", "/absent.yaml")
    #expect(absent.code == 1 && absent.errorLines.count == 1)
    let nothing = Subprocess.run("finetune", "--resume", "--out", directory.path)
    #expect(nothing.code == 1 && nothing.errors.hasPrefix("\(directory.path)/config.yaml: cannot be read"))
  }

  @Test func `an unknown flag is 64`() {
    #expect(Subprocess.run("finetune", "--lerning-rate", "1").code == 64)
  }
}
