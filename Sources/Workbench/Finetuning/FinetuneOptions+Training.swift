import AcousticModel
import Training

extension FinetuneOptions {
  /// What a trainer does, once steps and regularization are settled.
  func trainerSettings(steps: Int) -> TrainerSettings {
    let phases = phases(ofSteps: steps)
    var schedule = LearningRateSchedule(
      scheduleKind, peak: learningRate, steps: steps, warmupSteps: phases.warmup)
    schedule.finalScale = finalScale
    schedule.holdSteps = phases.hold
    schedule.decaySteps = phases.decay
    var settings = TrainerSettings(schedule: schedule)
    settings.optimizer.beta1 = betas[0]
    settings.optimizer.beta2 = betas[1]
    settings.optimizer.epsilon = epsilon
    settings.optimizer.weightDecay = weightDecay
    settings.optimizer.decaysAll = decayAll
    settings.clip = clip > 0 ? clip : nil
    settings.freezing = Freezing(headOnlySteps: freezeSteps, layers: freezeLayers)
    settings.regularization = regularization
    settings.reduction = lossReduction
    settings.zeroInfinity = zeroInfinity
    settings.averageDecay = emaDecay > 0 ? emaDecay : nil
    if loraRank > 0 {
      var lowRank = LowRankAdaptation.Settings(rank: loraRank, alpha: resolvedLoRAAlpha)
      lowRank.targets = loraTargets
      settings.lowRank = lowRank
    }
    settings.seed = UInt64(seed)
    settings.checkpointsActivations = checkpointActivations
    settings.featureEncoderRateScale = featureEncoderRateScale
    return settings
  }

  private var scheduleKind: LearningRateSchedule.Kind {
    switch schedule {
    case .constant: .constant
    case .linear: .linear
    case .cosine: .cosine
    case .triStage: .triStage
    }
  }

  private var regularization: Regularization {
    var result = Regularization()
    result.hiddenDropout = Float(hiddenDropout ?? 0)
    result.activationDropout = Float(activationDropout ?? 0)
    result.attentionDropout = Float(attentionDropout ?? 0)
    result.featureProjectionDropout = Float(featureProjectionDropout ?? 0)
    result.finalDropout = Float(finalDropout ?? 0)
    result.layerDrop = Float(layerDrop ?? 0)
    result.timeMask = Regularization.SpanMask(
      probability: maskTimeProbability ?? 0, length: maskTimeLength ?? 10, minimum: maskTimeMinimum ?? 2)
    result.featureMask = Regularization.SpanMask(
      probability: maskFeatureProbability ?? 0, length: maskFeatureLength ?? 10,
      minimum: maskFeatureMinimum ?? 0)
    return result
  }

  /// A line where the fewest masks hide far more of such short utterances than their probability asks for; else
  /// nil.
  /// - Parameter frames: of each utterance.
  func noteOnMasks(frames: [Int]) -> String? {
    let mask = regularization.timeMask
    let share = mask.share(of: frames)
    guard mask.minimum > 0, share >= 2 * mask.probability, mask.probability > 0 else { return nil }
    return
      "masks: at least \(mask.minimum) of \(mask.length) frames an utterance hide \(percent(share)) of the "
      + "frames, mask-time-prob asks for \(percent(mask.probability)); --mask-time-min-masks 0 keeps to that"
  }

  /// How utterances become batches.
  var batchOptions: BatchOptions {
    var result = BatchOptions()
    result.limit = batchSize.map { .utterances($0) } ?? .seconds(batchSeconds ?? 100)
    result.shuffles = !noShuffle
    result.seed = UInt64(seed)
    result.batchesPerStep = accumulate
    return result
  }

  /// nil where nothing is changed at random.
  func augmentation() throws -> Augmentation? {
    var result = AugmentationOptions()
    result.speedFactors = speedPerturb
    if gainDecibels > 0 { result.gainDecibels = -gainDecibels...gainDecibels }
    if let noise {
      result.noise = AugmentationOptions.Noise(
        source: noise == "white" ? .white : .recordings(try recordings(in: noise)),
        signalToNoiseDecibels: noiseSNR[0]...noiseSNR[1], probability: noiseProbability)
    }
    return result.isOff ? nil : Augmentation(options: result, seed: UInt64(seed))
  }

  /// The audio files of a file or folder of noise.
  private func recordings(in path: String) throws -> [String] {
    let paths = InputListing([path]).utterances.compactMap { utterance -> String? in
      if case .file(let path) = utterance.sound { path } else { nil }
    }
    guard !paths.isEmpty else {
      throw InputFailure(
        path, "no recordings of noise there; name an audio file or a folder of them, or 'white'")
    }
    return paths
  }
}
