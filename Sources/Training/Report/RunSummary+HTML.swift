extension RunSummary {
  /// The report as one page that needs nothing beside itself.
  public var html: String {
    let head = """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
      <title>\(escaped(title))</title><style>\(Self.style)</style></head><body><main>
      <h1>\(escaped(title))</h1>
      <p class="outcome">\(escaped(outcome))</p>

      """
    let body = [
      tiles, section("Diagnosis", diagnosis),
      "<section class=\"chart\">\n\(RunChart(records, best: bestStep).svg(standalone: false))</section>\n",
      "<div class=\"columns\"><div>", section("Evaluations", evaluationTable), "</div><div>",
      section("Checkpoints", checkpointTable),
      section("Corpus", table(corpus)), section("Run", table(facts)), "</div></div>\n",
      section("Settings", table(settings), note: "Those that are not the default stand out."),
    ]
    return head + body.joined() + "</main></body></html>\n"
  }

  /// The figures that are looked for first.
  private var tiles: String {
    var figures: [(String, String)] = []
    let best = evaluations.last { $0.step == bestStep } ?? evaluations.last
    if let best {
      figures.append(("WER on dev, best", rate(best.wer)))
      figures.append(("CER on dev, best", rate(best.cer)))
      figures.append(("loss on dev, best", shortNumber(best.loss)))
    }
    figures += predictionTiles
    if let last = steps.last {
      figures.append(("steps", "\(last.step)"))
      let seconds = steps.reduce(0) { $0 + $1.seconds }
      if seconds > 0 {
        let audio = steps.reduce(0) { $0 + $1.audioSeconds }
        figures.append(("seconds of audio a second", shortNumber(audio / seconds)))
      }
    }
    let items = figures.map { "<div><b>\(escaped($0.1))</b><span>\(escaped($0.0))</span></div>" }
    return items.isEmpty ? "" : "<section class=\"tiles\">\(items.joined())</section>\n"
  }

  private var predictionTiles: [(String, String)] {
    var tiles: [(String, String)] = []
    if let last = predictions.last {
      tiles.append(("accuracy at masked frames, dev", rate(last.maskedAccuracy)))
      tiles.append(("loss at masked frames, dev", shortNumber(last.loss)))
    }
    let recent = steps.suffix(50).compactMap(\.prediction)
    if !recent.isEmpty {
      tiles.append(("accuracy at masked frames", rate(mean(recent.map(\.maskedAccuracy)))))
      tiles.append(("loss at masked frames", shortNumber(mean(recent.map(\.maskedLoss)))))
    }
    return tiles
  }

  private var diagnosis: String {
    findings.isEmpty
      ? "" : "<ul class=\"findings\">" + findings.map { "<li>\(escaped($0))</li>" }.joined() + "</ul>"
  }

  private var evaluationTable: String {
    guard !evaluations.isEmpty else { return predictionTable }
    let rows = evaluations.map { record in
      let isBest = record.step == bestStep
      return
        "<tr\(isBest ? " class=\"notable\"" : "")><td>\(record.step)\(isBest ? " <em>best</em>" : "")</td>"
        + "<td>\(shortNumber(record.loss))</td><td>\(rate(record.wer))</td><td>\(rate(record.cer))</td></tr>"
    }
    return
      "<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th>step</th><th>loss</th><th>WER</th><th>CER</th>"
      + "</tr></thead><tbody>" + rows.joined(separator: "\n") + "</tbody></table></div>"
  }

  private var predictionTable: String {
    guard !predictions.isEmpty else { return "" }
    let rows = predictions.map { record in
      "<tr><td>\(record.step)</td><td>\(shortNumber(record.loss))</td><td>\(rate(record.maskedAccuracy))</td>"
        + "<td>\(rate(record.unmaskedAccuracy))</td><td>\(rate(record.codeUsage))</td></tr>"
    }
    return
      "<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th>step</th><th>loss</th><th>masked</th>"
      + "<th>unmasked</th><th>classes in use</th></tr></thead><tbody>" + rows.joined(separator: "\n")
      + "</tbody></table></div>"
  }

  private var checkpointTable: String {
    guard !checkpoints.isEmpty else { return "" }
    let rows = checkpoints.map { checkpoint in
      let names = (checkpoint.isBest ? ["best"] : []) + (checkpoint.isLast ? ["last"] : [])
      return "<tr\(checkpoint.isBest ? " class=\"notable\"" : "")><td>\(checkpoint.step)"
        + names.map { " <em>\($0)</em>" }.joined()
        + "</td><td><code>\(escaped(checkpoint.path))</code></td></tr>"
    }
    return "<table><thead><tr><th>step</th><th>directory</th></tr></thead><tbody>"
      + rows.joined(separator: "\n") + "</tbody></table>"
  }

  private func table(_ rows: [Row]) -> String {
    guard !rows.isEmpty else { return "" }
    let cells = rows.map {
      "<tr\($0.isNotable ? " class=\"notable\"" : "")><th>\(escaped($0.name))</th><td>\(escaped($0.value))</td></tr>"
    }
    return "<table class=\"pairs\"><tbody>" + cells.joined(separator: "\n") + "</tbody></table>"
  }

  private func section(_ title: String, _ content: String, note: String? = nil) -> String {
    guard !content.isEmpty else { return "" }
    let note = note.map { "<p class=\"note\">\($0)</p>" } ?? ""
    return "<section><h2>\(title)</h2>\(note)\(content)</section>\n"
  }

  private func rate(_ part: Double) -> String { part.isFinite ? "\(shortNumber(100 * part)) %" : "-" }

  private static let style = """
    :root{color-scheme:light dark;--page:#f4f6f9;--card:#fff;--text:#1b2430;--soft:#5b6675;--line:#e4e8ee;
    --accent:#1f5fa8;--warn:#c4540a;--warnback:#fdf1e7}
    @media (prefers-color-scheme:dark){:root{--page:#0e1116;--card:#14181f;--text:#e6eaf0;--soft:#9aa6b5;
    --line:#2a313c;--accent:#6aa9ee;--warn:#f0955a;--warnback:#2a1d13}}
    *{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);
    font:15px/1.5 system-ui,"DejaVu Sans",sans-serif}
    main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
    h1{font-size:26px;margin:0;overflow-wrap:anywhere}h2{font-size:16px;margin:0 0 10px}
    .outcome{margin:4px 0 20px;color:var(--soft)}.note{margin:-6px 0 10px;color:var(--soft);font-size:13px}
    section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:0 0 16px}
    .chart{padding:6px}.chart svg{display:block;width:100%;height:auto}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:0 20px}
    .tiles b{display:block;font-size:26px;line-height:1.3;font-variant-numeric:tabular-nums}
    .tiles span{color:var(--soft);font-size:13px}
    .columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:0 16px;align-items:start}
    .findings{margin:0;padding:0;list-style:none}
    .findings li{border-left:3px solid var(--warn);background:var(--warnback);padding:8px 12px;margin:6px 0}
    .scroll{max-height:420px;overflow:auto}table{border-collapse:collapse;width:100%;font-size:14px}
    th,td{text-align:left;padding:4px 10px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
    thead th{color:var(--soft);font-weight:500}.pairs th{font-weight:400;color:var(--soft);white-space:nowrap}
    td{font-variant-numeric:tabular-nums;overflow-wrap:anywhere}.notable th,.notable td{font-weight:600;color:var(--text)}
    em{font-style:normal;font-size:12px;color:var(--card);background:var(--accent);border-radius:4px;padding:1px 6px}
    code{font-size:13px}
    """
}
