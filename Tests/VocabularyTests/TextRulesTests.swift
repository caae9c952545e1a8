import JSON
import TestSupport
import Testing
import Vocabulary

/// A file of the repository's `Vocab`.
private func shipped(_ name: String, file: String = #filePath) -> String {
  file.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Vocab/" + name
}

@Suite("Shipped vocabularies and text rules")
struct TextRulesTests {
  static let all = ["en", "de", "es", "fr", "it", "ru", "digits"]

  @Test("The English vocabulary is that of the published checkpoints")
  func english() throws {
    let vocabulary = try CTCVocabulary(file: shipped("en/vocab.json"))
    #expect(
      vocabulary.tokens == ["<pad>", "<s>", "</s>", "<unk>", "|"]
        + "ETAONIHSRDLUMWCFGYPBVK'XJQZ".map { String($0) })
    #expect(vocabulary.tokens == (try CTCVocabulary(directory: golden("english"))).tokens)
  }

  @Test("What the rules produce, digit words and replacements too, the vocabulary can write", arguments: all)
  func consistent(_ name: String) throws {
    let vocabulary = try CTCVocabulary(file: shipped("\(name)/vocab.json"))
    var rules = try TextRules(path: shipped("\(name)/rules.json"))
    #expect(rules.digitWords.count == 10)
    rules.digits = .spell
    #expect(throws: Never.self) { try vocabulary.encode(rules.apply("0123456789")) }
    for replacement in rules.replacements {
      #expect(throws: Never.self, "\(replacement)") { try vocabulary.encode(replacement.new) }
    }
    let letters = vocabulary.tokens.dropFirst(5)
    for letter in letters where letter != "'" && letter != "-" && !(name == "ru" && letter == "ё") {
      #expect(rules.apply(letter) == letter, "\(letter)")
    }
  }

  @Test(
    "Transcripts are written as each language writes speech",
    arguments: [
      (
        "en", "“Don’t!” said Zoë — the boys' café: rock-and-roll… (R&B) it's 100%",
        "DON'T SAID ZOE THE BOYS' CAFE ROCK AND ROLL R AND B IT'S 100 PERCENT"
      ),
      ("en", "e\u{301}clair\u{AD}s\u{200B}, straße; A.M.\u{A0}x", "ECLAIRS STRASSE A M X"),
      (
        "de", "„Geht’s?“ – Die STRASSE, die Straße, ẞ; E-Mail à la carte. ÄÖÜ",
        "geht's die strasse die straße ß e mail a la carte äöü"
      ),
      ("es", "¿Qué? ¡El niño, Über-ÁÉÍÓÚ y pingüino! façade", "qué el niño über áéíóú y pingüino facade"),
      (
        "fr", "L’œuvre : peut-être qu’« il » a vu l'été — Lætitia, SEÑOR -",
        "l'œuvre peut-être qu' il a vu l'été lætitia senor"
      ),
      ("it", "Perché l’amico è là? Più né, può. C'È!", "perché l'amico è là più né può c'è"),
      ("ru", "«Ёжик», кто-то сказал — всё! И\u{306} д’Артаньян", "ежик кто-то сказал все й д'артаньян"),
      ("digits", "zero 42, 7", "ZERO FOUR TWO SEVEN"), ("digits", "7", "SEVEN"), ("en", "", ""),
      ("en", " ' - \" ", ""),
    ])
  func languages(_ language: String, _ text: String, _ want: String) throws {
    let rules = try TextRules(path: shipped("\(language)/rules.json"))
    let got = rules.apply(text)
    #expect(got == want)
    #expect(Array(got.unicodeScalars) == Array(want.unicodeScalars))
    #expect(rules.apply(got) == got)
  }

  @Test("What would be spoken is never dropped in silence: digits and signs stay, and encoding names them")
  func keepsTheSpoken() throws {
    let rules = try TextRules(path: shipped("en/rules.json"))
    let vocabulary = try CTCVocabulary(file: shipped("en/vocab.json"))
    #expect(rules.apply("§ 5: 3 €") == "§ 5 3 €")
    #expect { try vocabulary.encode(rules.apply("§ 5: 3 €")) } throws: {
      ($0 as? VocabularyError)?.characters == ["§", "5", "3", "€"]
    }
  }

  @Test("The longest replacement wins, and is matched in the case of the text")
  func replacements() throws {
    let rules = try TextRules(
      try JSONValue(parsing: #"{"case":"upper","replace":{"a":"x","ab":"y","st.":"saint "}}"#))
    #expect(rules.apply("AB a St. Ab") == "Y X SAINT Y")
  }

  @Test(
    "Rules with a field of another name or type are refused by name",
    arguments: [
      (#"{"cases":"upper"}"#, "cases: expected a field of text rules"),
      (#"{"case":"UPPER"}"#, "case: expected upper or lower or keep, found UPPER"),
      (#"{"digits":"spell"}"#, "digits: expected digit_words"),
      (#"{"digit_words":["a"]}"#, "digit_words: expected 10 words, found 1 values"),
      (#"{"keep":1}"#, "keep: expected a string"), (#"{"replace":{"":"x"}}"#, "replace: expected strings"),
      (#"{"replace":["x"]}"#, "replace: expected an object of strings, found an array"),
      ("[]", "expected an object of text rules"), ("{", "1:2:"),
    ])
  func malformed(_ json: String, _ text: String) {
    let directory = TemporaryDirectory()
    let path = directory.write(Array(json.utf8), as: "rules.json")
    #expect { try TextRules(path: path) } throws: { "\($0)".hasPrefix(path) && "\($0)".contains(text) }
  }
}
