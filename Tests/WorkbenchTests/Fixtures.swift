import CTC
import Checkpoints
import TestSupport
import Workbench

/// A copy of a tiny model whose CTC head gives `bias` to its class `label`, whatever it hears.
func model(
  _ variant: String = "hubert-base", biasing label: Int, by bias: Float, in directory: TemporaryDirectory
) throws -> String {
  directory.folder("model")
  for name in names(in: goldenModel(variant)) {
    var bytes = contents(of: "\(goldenModel(variant))/\(name)")
    if name == "model.safetensors" {
      let weights = try TensorFile(path: "\(goldenModel(variant))/\(name)")
      let place = try weights.tensor("lm_head.bias").byteRange.lowerBound + 4 * label
      bytes.replaceSubrange(place..<place + 4, with: little(bias.bitPattern))
    }
    directory.write(bytes, as: "model/\(name)")
  }
  return "\(directory.path)/model"
}

/// What a pipeline delivers, in order: transcripts and failures.
func decode(
  _ inputs: [String], model: String = goldenModel("hubert-base"), language: String? = nil, threads: Int = 1,
  chunkSeconds: Double? = nil
) throws -> (transcripts: [Transcript], emissions: [Emissions], failures: [String], order: [String]) {
  var options = RecordingOptions()
  options.chunkSeconds = chunkSeconds
  let pipeline = try DecodePipeline(
    modelDirectory: model, language: language, threads: threads, options: options)
  var transcripts: [Transcript] = []
  var emissions: [Emissions] = []
  var failures: [String] = []
  var order: [String] = []
  try pipeline.run(InputListing(inputs).entries, shouldStop: { false }) { event in
    switch event {
    case .transcript(let transcript, let its):
      transcripts.append(transcript)
      emissions.append(its)
      order.append(transcript.id)
    case .failure(let failure):
      failures.append(failure.description)
      order.append("!")
    case .underway: break
    }
  }
  return (transcripts, emissions, failures, order)
}
