/// The page as it stands in `Page/`, one file of it, cut where data go.
enum PageTemplate {
  /// Before the comparison, between it and the sounds, and after these.
  static let parts: (head: [UInt8], middle: [UInt8], tail: [UInt8]) = {
    let page = text(PackageResources.page_html)
      .replacing("{{page.css}}", with: text(PackageResources.page_css))
      .replacing("{{page.js}}", with: scripts)
    let parts = page.split(separator: "{{comparison}}", maxSplits: 1)
    let rest = parts[1].split(separator: "{{sounds}}", maxSplits: 1)
    return (Array(parts[0].utf8), Array(rest[0].utf8), Array(rest[1].utf8))
  }()

  /// One script, in the order in which its parts use each other.
  private static let scripts = [
    PackageResources.elements_js, PackageResources.data_js, PackageResources.charts_js,
    PackageResources.systems_js, PackageResources.differences_js, PackageResources.list_js,
    PackageResources.timeline_js, PackageResources.detail_js, PackageResources.main_js,
  ].map(text).joined(separator: "\n")

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
