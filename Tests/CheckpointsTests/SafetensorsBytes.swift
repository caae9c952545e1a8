/// A safetensors file with this header, whatever it says.
func safetensors(_ header: String, data: Int = 0, claiming length: UInt64? = nil) -> [UInt8] {
  let text = Array(header.utf8)
  return withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) } + text
    + [UInt8](repeating: 0, count: data)
}
