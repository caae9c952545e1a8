/// A number with that many decimals, rounded to nearest.
func decimals(_ value: Double, _ count: Int) -> String {
  guard value.isFinite else { return "\(value)" }
  let scale = (0..<count).reduce(1) { product, _ in product * 10 }
  let scaled = (abs(value) * Double(scale)).rounded()
  guard scaled < 1e18 else { return "\(value)" }
  let (whole, fraction) = Int(scaled).quotientAndRemainder(dividingBy: scale)
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard count > 0 else { return "\(sign)\(whole)" }
  let digits = String(fraction)
  return "\(sign)\(whole)." + String(repeating: "0", count: count - digits.count) + digits
}

/// A whole number with commas between thousands.
func grouped(_ value: Int) -> String {
  var text = ""
  for (place, digit) in String(value.magnitude).reversed().enumerated() {
    if place > 0 && place % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return (value < 0 ? "-" : "") + String(text.reversed())
}

/// Bytes in MB of 10^6 bytes.
func megabytes(_ bytes: Int) -> String { decimals(Double(bytes) * 1e-6, bytes < 10_000_000 ? 2 : 0) + " MB" }
