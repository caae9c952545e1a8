import Tensors

/// Which frames the batches of a fit are made of: independent uniform draws, with replacement, each a
/// function of seed, batch and place in it.
///
/// Data larger than the window is cut into blocks of adjacent frames. A pass takes the blocks in a random
/// order, a window of them at a time, and draws a window's share of the pass from it before it goes on. So
/// every block is read once a pass, as a whole, and memory holds one window. Frames of a batch are then of
/// this window's blocks: many short pieces from all over the data.
struct FrameDraws {
  /// What draws are for: their places among the sites of a ``RandomSource``.
  enum Purpose: Int {
    case batches
    case validation
    case start
    case plusPlus
    case blocks
    case reassignment
  }

  static let framesPerBlock = 2048

  let count: Int
  let seed: UInt64
  private let blocksPerWindow: Int
  let windows: Int

  /// - Parameter windowFrames: how many frames may be in memory.
  init(count: Int, windowFrames: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
    let blocks = (count + Self.framesPerBlock - 1) / Self.framesPerBlock
    let most = windowFrames >= count ? blocks : max(1, windowFrames / Self.framesPerBlock)
    windows = (blocks + most - 1) / most
    blocksPerWindow = (blocks + windows - 1) / windows
  }

  /// The blocks of a window of a pass, in ascending order.
  func window(_ window: Int, pass: Int, purpose: Purpose) -> [Range<Int>] {
    let blocks = (count + Self.framesPerBlock - 1) / Self.framesPerBlock
    guard windows > 1 else { return [0..<count] }
    // Fisher and Yates.
    let random = RandomSource(seed: seed, step: pass, site: Purpose.blocks.rawValue)
    var order = Array(0..<blocks)
    for place in stride(from: blocks - 1, to: 0, by: -1) {
      order.swapAt(place, random.index(place, below: place + 1, of: UInt32(purpose.rawValue)))
    }
    let first = min(window * blocksPerWindow, blocks)
    let chosen = order[first..<min(first + blocksPerWindow, blocks)].sorted()
    return chosen.map { $0 * Self.framesPerBlock..<min(count, ($0 + 1) * Self.framesPerBlock) }
  }
}

extension FrameDraws {
  /// The window that batch `step` of `frames` draws is made of, and its pass.
  func place(ofBatch step: Int, frames: Int) -> (pass: Int, window: Int) {
    let (pass, offset) = (step * frames).quotientAndRemainder(dividingBy: count)
    return (pass, min(windows - 1, offset / (blocksPerWindow * Self.framesPerBlock)))
  }
}

extension RandomSource {
  /// A number below `count`, which is above 0: the `place`th of its kind. The bias is below count / 2^64.
  func index(_ place: Int, below count: Int, of kind: UInt32 = 0) -> Int {
    // Only the lower bits of an index count along a row.
    let bits = bits(place & 0xFFFF, row: place >> 16, utterance: kind)
    return Int(bits.multipliedFullWidth(by: UInt64(count)).high)
  }
}
