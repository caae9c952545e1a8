import CKernels

/// Weights laid out for the kernels: y = x W^T with W (outputs, inputs).
///
/// Panels of 48 outputs (the last narrower, in steps of 16), each [input][output of the panel], so that a
/// kernel reads them front to back. Outputs that pad the last panel are 0.
public final class PackedMatrix: @unchecked Sendable {
  public let outputs: Int
  public let inputs: Int
  private let storage: AlignedBuffer

  public static let panelWidth = Int(CK_PANEL_WIDTH)
  /// Panels are as wide as a multiple of this.
  public static let step = Int(CK_PANEL_STEP)

  /// Packs the matrix whose element (output, input) is `element`.
  public init(outputs: Int, inputs: Int, element: (_ output: Int, _ input: Int) -> Float) {
    precondition(outputs > 0 && inputs > 0, "weights of \(outputs) x \(inputs)")
    self.outputs = outputs
    self.inputs = inputs
    storage = AlignedBuffer(count: Self.padded(outputs) * inputs)
    for panel in 0..<panels {
      let width = width(ofPanel: panel)
      let first = panel * Self.panelWidth
      let start = self.panel(panel)
      let present = min(width, outputs - first)
      for input in 0..<inputs {
        let row = start + input * width
        for column in 0..<present { row[column] = element(first + column, input) }
        for column in present..<width { row[column] = 0 }
      }
    }
  }

  /// Packs `weights`, (outputs, inputs) row-major; the fast way, for big matrices.
  public init(outputs: Int, inputs: Int, weights: UnsafePointer<Float>, on compute: Compute) {
    precondition(outputs > 0 && inputs > 0, "weights of \(outputs) x \(inputs)")
    self.outputs = outputs
    self.inputs = inputs
    storage = AlignedBuffer(count: Self.padded(outputs) * inputs)
    compute.run(tasks: panels) { panel, _ in
      let first = panel * Self.panelWidth
      compute.kernels.transpose(
        self.panel(panel), width(ofPanel: panel), weights + first * inputs, inputs, inputs,
        min(Self.panelWidth, outputs - first))
    }
  }

  /// Sets one element.
  public func set(output: Int, input: Int, to element: Float) {
    let (index, column) = output.quotientAndRemainder(dividingBy: Self.panelWidth)
    panel(index)[input * width(ofPanel: index) + column] = element
  }

  private static func padded(_ outputs: Int) -> Int { (outputs + step - 1) / step * step }

  public var panels: Int { (outputs + Self.panelWidth - 1) / Self.panelWidth }

  /// Columns of a panel, padding included.
  public func width(ofPanel panel: Int) -> Int {
    let left = outputs - panel * Self.panelWidth
    return min(Self.panelWidth, (left + Self.step - 1) / Self.step * Self.step)
  }

  /// The start of a panel, (inputs, width).
  public func panel(_ index: Int) -> UnsafeMutablePointer<Float> {
    storage.pointer + index * Self.panelWidth * inputs
  }
}
