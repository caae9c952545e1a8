/// Bytes as text (RFC 4648, with padding).
func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  let length = (bytes.count + 2) / 3 * 4
  return String(unsafeUninitializedCapacity: length) { text in
    func byte(_ place: Int) -> Int { place < bytes.count ? Int(bytes[place]) : 0 }
    for group in 0..<length / 4 {
      let bits = byte(3 * group) << 16 | byte(3 * group + 1) << 8 | byte(3 * group + 2)
      for place in 0..<4 { text[4 * group + place] = alphabet[bits >> (18 - 6 * place) & 63] }
    }
    for place in length - (3 - bytes.count % 3) % 3..<length { text[place] = UInt8(ascii: "=") }
    return length
  }
}
