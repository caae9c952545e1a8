/// p-values that may be looked at together: the chance that any true null hypothesis among them is rejected at
/// a level is at most that level, however the tests depend on each other (Holm 1979).
///
/// With p_(1) <= ... <= p_(m) the sorted values,
///
///     adjusted p_(i) = max over j <= i of min(1, (m - j + 1) p_(j))
///
/// - Returns: in the order of `values`.
public func holmAdjusted(_ values: [Double]) -> [Double] {
  var adjusted = values
  var largest = 0.0
  for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
    largest = max(largest, min(1, Double(values.count - rank) * values[index]))
    adjusted[index] = largest
  }
  return adjusted
}
