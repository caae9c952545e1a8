import ComparisonReport
import Glibc
import TestSupport
import Testing

/// The page in headless Chromium: `Browser/check-page.py` clicks through it and checks what is shown.
///
/// Where `PICTURES` names a directory, screenshots are left there.
@Suite(
  .enabled(if: Browser.isInstalled, "Chromium (chromium-headless-shell) or Python is not installed"),
  .serialized)
struct `The page in a browser` {
  @Test func `shows a thousand utterances at once and what is asked of them`() {
    var fixture = PageFixture(PageFixture.sentences(1000))
    check("full", fixture.page) { fixture.sound(of: $0) }
  }

  @Test func `shows hostile texts as texts`() {
    let texts = [
      "</script><script>window.broken=1</script>", "<!--<script>", "<img/src=x/onerror=window.broken=1>",
      "&lt;b&gt;", "\u{202E}desrever", "\u{2066}isolated", "a\u{2028}b", "${window.broken=1}", "__proto__",
    ]
    func utterance(_ id: String, _ words: [String]) -> ComparisonPage.Utterance {
      .init(
        id: id, reference: words,
        readings: [
          .init(words.map { .substitution(reference: $0, hypothesis: $0 + "!") }),
          .init(words.map { .match($0) }),
        ])
    }
    let systems = [texts[0], texts[2]].map {
      ComparisonPage.System(name: $0, words: .init(reference: 1), characters: .init(reference: 1))
    }
    var page = ComparisonPage(
      title: texts[0] + " & " + texts[2], systems: systems,
      utterances: texts.map { utterance($0, [$0, "word"]) } + [
        utterance("all", texts), utterance("last", ["שלום", "עולם"]),
      ])
    page.notes = texts
    page.pairs = [.init(0, 1, difference: nil, wins: 0, ties: 0, losses: 10)]
    page.pairs[0].confusions = texts.map { .init(reference: $0, hypothesis: $0, fixed: 1, broken: 1) }
    page.pairs[0].recalls = texts.map { .init($0, occurrences: 1, a: 0, b: 1) }
    check("hostile", page) { _ in nil }
  }

  @Test func `does without all that may be missing`() {
    let system = ComparisonPage.System(name: "only", words: .init(), characters: .init())
    let page = ComparisonPage(
      title: "", systems: [system],
      utterances: [
        .init(id: "silence", reference: [], readings: [.init([])]),
        .init(id: "sound", reference: ["yes"], readings: [.init([.deletion("yes")])]),
      ])
    check("bare", page) { place in
      place == 1 ? .init(audio: nil, peaks: WaveformPeaks([0, 0.1, 0, -0.1], sampleRate: 4)) : nil
    }
  }

  private func check(_ scene: String, _ page: ComparisonPage, sound: (Int) -> ComparisonPage.Sound?) {
    let directory = TemporaryDirectory()
    var bytes: [UInt8] = []
    page.write(sound: sound) { bytes += $0 }
    let file = directory.write(bytes, as: "\(scene).html")
    let pictures = getenv("PICTURES").map { [String(cString: $0)] } ?? []
    let result = Subprocess(
      [Browser.script, scene, file] + pictures, executable: Browser.python,
      environment: ["HOME=\(directory.path)"]
    ).finish()
    #expect(result.code == 0, "\(result.output)\(result.errors)")
  }
}

private enum Browser {
  static let python = "/usr/bin/python3"
  static let script = golden("").replacing("/Goldens/", with: "/Browser/check-page.py")

  static var isInstalled: Bool {
    let browsers = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
    return access(python, X_OK) == 0 && browsers.contains { access("/usr/bin/\($0)", X_OK) == 0 }
  }
}
