/// A line of a chart.
struct ChartSeries {
  struct Point: Equatable {
    var x: Double
    var y: Double
  }

  /// The style's class, which gives it its colour.
  let style: String
  /// For the legend; nil to stay out of it.
  let name: String?
  /// Ascending in x; finite.
  var points: [Point]
  var hasDots = false

  init(_ style: String, _ name: String?, _ points: [Point], hasDots: Bool = false) {
    self.style = style
    self.name = name
    self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
    self.hasDots = hasDots
  }

  /// An average over about a hundredth of all steps, at least ten.
  func smoothed(_ style: String, _ name: String) -> ChartSeries {
    var average = SmoothedValue(window: max(10, points.count / 100))
    return ChartSeries(
      style, name,
      points.map { point in
        average.add(point.y)
        return Point(x: point.x, y: average.value ?? point.y)
      })
  }

  /// At most 2 x `count` points: the least and the greatest of each stretch, so that no spike is lost.
  func thinned(to count: Int) -> ChartSeries {
    guard points.count > 2 * count else { return self }
    var kept: [Point] = []
    for stretch in 0..<count {
      let part = points[points.count * stretch / count..<points.count * (stretch + 1) / count]
      guard let least = part.min(by: { $0.y < $1.y }), let greatest = part.max(by: { $0.y < $1.y }) else {
        continue
      }
      kept += least.x <= greatest.x ? [least, greatest] : [greatest, least]
    }
    var thinned = self
    thinned.points = kept
    return thinned
  }
}
