import Glibc
import TestSupport
import Testing
import Workbench

/// Lists of speech as other projects keep them, each told by its content.
@Suite struct `Forms of manifests` {
  let directory = TemporaryDirectory()

  /// Files below the directory, with the folders that they are in.
  func write(_ files: [String: String]) {
    for (name, text) in files {
      var folder = ""
      for part in name.split(separator: "/").dropLast() {
        folder += "\(part)/"
        mkdir("\(directory.path)/\(folder)", 0o755)
      }
      directory.write(text, as: name)
    }
  }

  func entries(_ name: String) -> [InputEntry] { InputListing(["\(directory.path)/\(name)"]).entries }

  /// `id | path below the directory | interval | speaker | text`, or what is wrong, likewise below it.
  func lines(_ name: String) -> [String] {
    entries(name).map { entry in
      switch entry {
      case .failure(let failure): "! " + shortened(failure.description)
      case .utterance(let utterance):
        [
          utterance.id, shortened(utterance.audioPath),
          utterance.interval.map { "\($0.offsetSeconds)+\($0.durationSeconds.map { "\($0)" } ?? "")" } ?? "",
          utterance.speaker ?? "", utterance.text ?? "none",
        ].joined(separator: " | ")
      }
    }
  }

  private func shortened(_ text: String) -> String {
    var result = text
    while let range = result.firstRange(of: directory.path + "/") { result.removeSubrange(range) }
    return result
  }

  @Test func `Hugging Face's metadata.jsonl`() {
    write([
      "data/metadata.jsonl": """
      {"file_name": "train/a.wav", "transcription": "one two"}
      {"file_name": "b.wav", "text": "three", "transcription": "not this", "speaker_id": 7}
      {"file_name": 3}

      """
    ])
    let expected = [
      "train/a | data/train/a.wav |  |  | one two", "b | data/b.wav |  | 7 | three",
      "! data/metadata.jsonl:3: file_name: expected a path, found 3; correct this line",
    ]
    #expect(lines("data/metadata.jsonl") == expected)
    #expect(lines("data") == expected)
  }

  @Test func `Hugging Face's metadata.csv, with quotation marks over lines`() {
    write([
      "data/metadata.csv": """
      file_name,transcription,speaker_id\r
      a.wav,"well, ""yes""\r
      he said",anna\r
      "b, c.wav",two,\r

      d.wav,three
      e.wav,,eve
      """
    ])
    let expected = [
      "a | data/a.wav |  | anna | well, \"yes\"\r\nhe said", "b, c | data/b, c.wav |  |  | two",
      "! data/metadata.csv:6: expected 3 columns, found 2; correct this line", "e | data/e.wav |  | eve | ",
    ]
    #expect(lines("data/metadata.csv") == expected)
    #expect(lines("data") == expected)
  }

  @Test func `a metadata.csv of another kind does not hide the recordings beside it`() {
    write(["data/metadata.csv": "LJ001|text|text\n", "data/wavs/LJ001.wav": "x"])
    #expect(lines("data") == ["LJ001 | data/wavs/LJ001.wav |  |  | none"])
  }

  @Test func `Common Voice, whose clips are in a folder and whose quotation marks may be half`() {
    write([
      "cv/train.tsv": """
      client_id\tpath\tsentence_id\tsentence\tlocale
      c1\tcommon_1.mp3\ts1\t"He said ""no"", twice."\ten
      c2\tcommon_2.mp3\ts2\t"Well, it begins and never ends.\ten
      c3\tcommon_3.mp3\ts3\t"No," he said, "never."\ten
      c4\t\ts4\tNothing.\ten
      """, "cv/clips/common_1.mp3": "x",
    ])
    #expect(
      lines("cv/train.tsv") == [
        "common_1 | cv/clips/common_1.mp3 |  | c1 | He said \"no\", twice.",
        "common_2 | cv/clips/common_2.mp3 |  | c2 | \"Well, it begins and never ends.",
        "common_3 | cv/clips/common_3.mp3 |  | c3 | \"No,\" he said, \"never.\"",
        "! cv/train.tsv:5: expected a path, found an empty cell; correct this line",
      ])
  }

  @Test func `a table's offsets and durations are intervals, and its ids stand`() {
    write(["t.csv": "id,audio_filepath,offset,duration\nx,a.wav,1.5,2\ny,a.wav,,9\nz,a.wav,soon,\n"])
    #expect(
      lines("t.csv") == [
        "x | a.wav | 1.5+2.0 |  | none", "y | a.wav |  |  | none",
        "! t.csv:4: offset: expected seconds, found soon; correct this line",
      ])
  }

  @Test func `fairseq's list, with letters, with words, and without texts`() {
    let list = "\(directory.path)/audio\n1/a.flac\t16000\n1/b.flac\t32000\nc.flac 3\n"
    write(["l.tsv": list, "l.ltr": "G O | O N |\nN O W |\n\n", "l.wrd": "not this\nnor this\n\n"])
    let bad = ":4: expected a path, a tab and a number of samples; correct this line"
    #expect(
      lines("l.tsv") == [
        "1/a | audio/1/a.flac |  |  | GO ON", "1/b | audio/1/b.flac |  |  | NOW", "! l.tsv" + bad,
      ])
    write(["w.tsv": list, "w.wrd": "go on\r\nnow\r\nthen"])
    #expect(
      lines("w.tsv").prefix(2) == ["1/a | audio/1/a.flac |  |  | go on", "1/b | audio/1/b.flac |  |  | now"])
    write(["n.tsv": list])
    #expect(lines("n.tsv").first == "1/a | audio/1/a.flac |  |  | none")
    write(["s.tsv": list, "s.ltr": "G O |\n"])
    #expect(lines("s.tsv") == ["! s.ltr: has 1 lines, but s.tsv lists 3 recordings; make them fit"])
  }

  @Test func `a root that is not absolute is found below the list`() {
    write(["x/l.tsv": "audio/\na.flac\t16000\n"])
    #expect(lines("x/l.tsv") == ["a | x/audio/a.flac |  |  | none"])
  }

  @Test func `Kaldi's directory without segments`() {
    write([
      "k/wav.scp":
        "u1 \(directory.path)/a.wav\nu2 flac -c -d b.flac |\nu3 data/raw.ark:17\nu4  c  d.wav \nu5\n",
      "k/text": "u1 one  two\nu4\nu9 nine\n", "k/utt2spk": "u1 anna\nu4 bob\n",
    ])
    #expect(
      lines("k") == [
        "u1 | a.wav |  | anna | one two",
        "! k/wav.scp:2: is a command, and commands are not run; write its output to a file, and name that here",
        "! k/wav.scp:3: is in an archive; copy it to a file of its own with Kaldi's wav-copy",
        "u4 | k/c  d.wav |  | bob | ", "! k/wav.scp:5: expected a path, found none; correct this line",
        "! k/text:3: k/wav.scp has no u9; add it, or remove this line",
      ])
  }

  @Test func `Kaldi's segments are the utterances`() {
    write([
      "k/wav.scp": "r1 a.wav\n",
      "k/segments": "r1-1 r1 0.5 2.25\nr1-2 r1 3 -1\nr1-3 r1 4 4\nr2-1 r2 0 1\n", "k/text": "r1-2 yes\n",
    ])
    #expect(
      lines("k") == [
        "r1-1 | k/a.wav | 0.5+1.75 |  | ", "r1-2 | k/a.wav | 3.0+ |  | yes",
        "! k/segments:3: expected a recording, its begin and its end in seconds, found 'r1 4 4'; correct this line",
        "! k/segments:4: k/wav.scp has no r2; add it, or remove this line",
      ])
  }

  @Test func `LibriSpeech's tree, and recordings without a line in it`() {
    write([
      "s/84/121123/84-121123.trans.txt": "84-121123-0000 GO DO YOU HEAR\n84-121123-0002 LOST\n",
      "s/84/121123/84-121123-0000.flac": "x", "s/84/121123/84-121123-0001.flac": "x", "s/README.txt": "x",
    ])
    let file = "s/84/121123/84-121123"
    #expect(
      lines("s") == [
        "84-121123-0000 | \(file)-0000.flac |  | 84 | GO DO YOU HEAR",
        "84-121123-0001 | \(file)-0001.flac |  |  | none",
        "! \(file).trans.txt:2: no recording \(file)-0002 with this text; add it, or remove the line",
      ])
  }

  @Test func `a table of something else is refused, a text is taken for a recording`() {
    write(["t.tsv": "a\tb\n1\t2\n", "t.csv": "", "notes.txt": "file name\nother\t12\tthree\n"])
    #expect(lines("t.tsv").first?.hasPrefix("! t.tsv: expected JSON lines with") == true)
    #expect(lines("t.csv").first?.hasPrefix("! t.csv: expected JSON lines with") == true)
    #expect(lines("notes.txt") == ["notes | notes.txt |  |  | none"])
  }
}
