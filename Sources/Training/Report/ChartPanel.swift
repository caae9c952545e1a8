/// One panel of a chart: lines over steps.
struct ChartPanel {
  let title: String
  let unit: String
  var series: [ChartSeries]
  var scale = ChartAxis.Scale.linear
  /// How a value is written beside the axis.
  var label: (Double) -> String = plain
  /// A point worth naming.
  var mark: (point: ChartSeries.Point, text: String)?

  /// Inside a panel: the room for labels.
  private static let margin = (left: 58.0, right: 18.0, top: 52.0, bottom: 34.0)

  /// The panel's SVG in a rectangle of this size, at this place.
  func svg(x: Double, y: Double, width: Double, height: Double, steps: ChartAxis) -> String {
    let margin = Self.margin
    let inner = (width: width - margin.left - margin.right, height: height - margin.top - margin.bottom)
    let origin = (x: x + margin.left, y: y + margin.top)
    var parts = [text(title, x: x + 14, y: y + 24, style: "w-title")]
    parts.append(legend(right: x + width - margin.right, y: y + 24))
    if !unit.isEmpty { parts.append(text(unit, x: origin.x, y: origin.y - 8, style: "w-label")) }
    let values = series.flatMap { $0.points.map(\.y) }
    guard let low = values.min(), let high = values.max() else {
      let empty = text(
        "no values yet", x: origin.x + inner.width / 2, y: origin.y + inner.height / 2,
        style: "w-label w-middle")
      return (parts + [empty]).joined(separator: "\n")
    }
    let axis = ChartAxis(scale, from: scale == .linear ? min(0, low) : low, to: high, count: 5)
    func place(_ point: ChartSeries.Point) -> (x: Double, y: Double) {
      (origin.x + inner.width * steps.part(point.x), origin.y + inner.height * (1 - axis.part(point.y)))
    }
    for tick in axis.ticks {
      let y = origin.y + inner.height * (1 - axis.part(tick))
      parts.append(
        #"<line class="w-grid" x1="\#(px(origin.x))" y1="\#(px(y))" x2="\#(px(origin.x + inner.width))" y2="\#(px(y))"/>"#
      )
      parts.append(text(label(tick), x: origin.x - 8, y: y + 4, style: "w-label w-end"))
    }
    for tick in steps.ticks {
      let x = origin.x + inner.width * steps.part(tick)
      parts.append(text(plain(tick), x: x, y: origin.y + inner.height + 18, style: "w-label w-middle"))
    }
    for line in series {
      let places = line.thinned(to: 300).points.map(place)
      let path = places.map { "\(px($0.x)) \(px($0.y))" }.joined(separator: "L")
      if places.count > 1 { parts.append(#"<path class="w-line \#(line.style)" d="M\#(path)"/>"#) }
      guard line.hasDots || places.count == 1 else { continue }
      for (point, place) in zip(line.points, line.points.map(place)) {
        parts.append(
          #"<circle class="w-dot \#(line.style)" cx="\#(px(place.x))" cy="\#(px(place.y))" r="2.5"><title>"#
            + "\(escaped(line.name ?? title)) \(label(point.y)), step \(plain(point.x))</title></circle>")
      }
    }
    if let mark {
      let place = place(mark.point)
      let isRight = place.x > origin.x + inner.width * 0.7
      parts.append(#"<circle class="w-mark" cx="\#(px(place.x))" cy="\#(px(place.y))" r="5"/>"#)
      parts.append(
        text(
          mark.text, x: place.x + (isRight ? -9 : 9), y: max(place.y - 9, origin.y + 10),
          style: isRight ? "w-note w-end" : "w-note"))
    }
    return parts.joined(separator: "\n")
  }

  /// Names of the lines, from the right.
  private func legend(right: Double, y: Double) -> String {
    var parts: [String] = []
    var x = right
    for line in series.reversed() {
      guard let name = line.name, series.count > 1 else { continue }
      x -= 6.6 * Double(name.count)
      parts.append(text(name, x: x, y: y, style: "w-label"))
      parts.append(
        #"<line class="w-line \#(line.style)" x1="\#(px(x - 20))" y1="\#(px(y - 4))" x2="\#(px(x - 5))" y2="\#(px(y - 4))"/>"#
      )
      x -= 34
    }
    return parts.joined(separator: "\n")
  }

  private func text(_ text: String, x: Double, y: Double, style: String) -> String {
    #"<text class="\#(style)" x="\#(px(x))" y="\#(px(y))">\#(escaped(text))</text>"#
  }
}

/// A coordinate with a tenth of a pixel.
private func px(_ value: Double) -> String { plain((value * 10).rounded() / 10) }

/// Text inside markup.
func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    // XML has no place for other control characters.
    case _ where scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t":
      result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
