import CTC
import Checkpoints
import Vocabulary

#if canImport(Glibc)
import Glibc
#endif

/// Reads the emissions of one utterance and sees that they are some.
struct EmissionReader {
  let vocabulary: CTCVocabulary

  /// Natural-log posteriors, (T, V). Logits are normalised.
  /// - Throws: one line that names the file, and the tensor, for what is no emissions or is not of this
  ///   vocabulary.
  func emissions(of utterance: Utterance) throws(InputFailure) -> Emissions {
    let name: String
    var values: [Float]
    let shape: (rows: Int, columns: Int)
    do throws(CheckpointError) {
      switch utterance.sound {
      case .tensor(let path, let tensor):
        name = "\(path): \(tensor)"
        let file = try TensorFile(path: path)
        let extents = try file.tensor(tensor).shape
        guard extents.count == 2 else {
          throw CheckpointError.notAMatrix(extents, path: path, subject: tensor)
        }
        shape = (extents[0], extents[1])
        values = try file.floats(tensor)
      default:
        name = utterance.audioPath
        let file = try NumPyFile(path: name)
        shape = try file.matrixShape(path: name)
        values = file.floats
      }
    } catch { throw InputFailure(error.description) }
    do throws(VocabularyError) { try vocabulary.checkFits(classes: shape.columns, exactly: true) } catch {
      throw InputFailure(
        name,
        "expected \(vocabulary.count) columns, the vocabulary's tokens, found \(shape.columns); give the vocab.json that "
          + "these emissions were made with")
    }
    guard shape.rows > 0 else {
      throw InputFailure(name, "holds no frame; leave it out")
    }
    for index in values.indices where !(values[index] < .infinity) {
      throw InputFailure(
        name,
        "frame \(index / shape.columns) holds NaN or +inf; these are no log-posteriors: make the emissions again"
      )
    }
    if arePosteriors(values, shape.columns) {
      throw InputFailure(name, "holds probabilities; save their natural logarithms, numpy.log(x)")
    }
    normalise(&values, shape.columns)
    return Emissions(frames: shape.rows, vocabularySize: shape.columns, logPosteriors: values)
  }

  /// Whether every row holds numbers from 0 to 1 that add up to 1.
  private func arePosteriors(_ values: [Float], _ columns: Int) -> Bool {
    for start in stride(from: 0, to: values.count, by: columns) {
      var sum: Float = 0
      for value in values[start..<start + columns] {
        if value < 0 { return false }
        sum += value
      }
      if abs(sum - 1) > 1e-2 { return false }
    }
    return true
  }

  /// Makes logits log-posteriors. Rows whose probabilities add up to 1 within half precision's error stay as
  /// they are, to the bit.
  private func normalise(_ values: inout [Float], _ columns: Int) {
    for start in stride(from: 0, to: values.count, by: columns) {
      let row = start..<start + columns
      let largest = values[row].max() ?? -.infinity
      guard largest > -.infinity else { continue }
      let sum = values[row].reduce(0.0) { $0 + exp(Double($1) - Double(largest)) }
      let normaliser = Double(largest) + log(sum)
      guard abs(normaliser) > 1e-2 else { continue }
      for index in row { values[index] = Float(Double(values[index]) - normaliser) }
    }
  }
}

extension CheckpointError {
  fileprivate static func notAMatrix(_ shape: [Int], path: String, subject: String) -> CheckpointError {
    CheckpointError(
      .shapeMismatch, path: path, subject: subject, expected: "two dimensions, (frames, classes)",
      found: "\(shape)", remedy: "save one utterance a tensor, without a batch dimension")
  }
}
