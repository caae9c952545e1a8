// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built under the same rules.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// The module graph, from the ground up: a target imports only targets that stand above it.
let package = Package(
  name: "warbler",
  products: [
    .library(name: "Hashing", targets: ["Hashing"]),
    .library(name: "JSON", targets: ["JSON"]),
    .library(name: "Tensors", targets: ["Tensors"]),
    .library(name: "Audio", targets: ["Audio"]),
    .library(name: "Vocabulary", targets: ["Vocabulary"]),
    .library(name: "LanguageModel", targets: ["LanguageModel"]),
    .library(name: "Layers", targets: ["Layers"]),
    .library(name: "CTC", targets: ["CTC"]),
    .library(name: "Clustering", targets: ["Clustering"]),
    .library(name: "Checkpoints", targets: ["Checkpoints"]),
    .library(name: "AcousticModel", targets: ["AcousticModel"]),
    .library(name: "BeamSearch", targets: ["BeamSearch"]),
    .library(name: "Evaluation", targets: ["Evaluation"]),
    .library(name: "Training", targets: ["Training"]),
    .library(name: "Pretraining", targets: ["Pretraining"]),
    .library(name: "Store", targets: ["Store"]),
    .library(name: "ComparisonReport", targets: ["ComparisonReport"]),
    .library(name: "Workbench", targets: ["Workbench"]),
    .executable(name: "warbler", targets: ["warbler"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C
    .systemLibrary(
      name: "CSndFile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"])]),
    .systemLibrary(name: "CSoxr", pkgConfig: "soxr", providers: [.apt(["libsoxr-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CKernels"),
    .target(name: "CHashing"),
    // base
    .target(name: "Hashing", dependencies: ["CHashing"], swiftSettings: strict),
    .target(name: "JSON", swiftSettings: strict),
    .target(name: "Tensors", dependencies: ["CKernels"], swiftSettings: strict),
    .target(name: "Audio", dependencies: ["CSndFile", "CSoxr"], swiftSettings: strict),
    .target(name: "Vocabulary", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "LanguageModel", dependencies: ["CZlib"], swiftSettings: strict),
    // numeric
    .target(name: "Layers", dependencies: ["Tensors", "CKernels"], swiftSettings: strict),
    .target(name: "CTC", dependencies: ["CKernels", "Tensors"], swiftSettings: strict),
    .target(name: "Checkpoints", dependencies: ["JSON"], swiftSettings: strict),
    .target(
      name: "Clustering", dependencies: ["CKernels", "Checkpoints", "Tensors"], swiftSettings: strict),
    // domain
    .target(
      name: "AcousticModel", dependencies: ["CKernels", "Checkpoints", "CTC", "JSON", "Layers", "Tensors"],
      swiftSettings: strict),
    .target(
      name: "BeamSearch", dependencies: ["CTC", "LanguageModel", "Vocabulary"], swiftSettings: strict),
    .target(
      name: "Evaluation", dependencies: ["CKernels", "JSON", "Tensors", "Vocabulary"], swiftSettings: strict),
    // process
    .target(
      name: "Training",
      dependencies: [
        "AcousticModel", "Audio", "CTC", "CKernels", "Checkpoints", "Evaluation", "Hashing", "JSON", "Layers",
        "Tensors",
        "Vocabulary", .product(name: "Yams", package: "Yams"),
      ], swiftSettings: strict),
    .target(
      name: "Pretraining",
      dependencies: [
        "AcousticModel", "CTC", "Checkpoints", "Clustering", "JSON", "Tensors", "Training",
      ], swiftSettings: strict),
    .target(
      name: "Store", dependencies: ["JSON", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .target(
      name: "ComparisonReport", dependencies: ["JSON"],
      resources: [
        "page.html", "page.css", "elements.js", "data.js", "charts.js", "systems.js", "differences.js",
        "list.js", "timeline.js", "detail.js", "main.js",
      ].map { .embedInCode("Page/\($0)") }, swiftSettings: strict),
    // assembly
    .target(
      name: "Workbench",
      dependencies: [
        "AcousticModel", "Audio", "BeamSearch", "CTC", "Checkpoints", "Clustering", "ComparisonReport",
        "Evaluation",
        "Hashing", "JSON", "LanguageModel", "Pretraining", "Store", "Tensors", "Training", "Vocabulary",
      ], swiftSettings: strict),
    // edges
    .executableTarget(
      name: "warbler",
      dependencies: [
        "Checkpoints", "Clustering", "Evaluation", "JSON", "LanguageModel", "Pretraining", "Store",
        "Training",
        "Workbench",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    // tests
    .target(name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "HashingTests", dependencies: ["Hashing", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "TensorsTests", dependencies: ["CKernels", "Tensors", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "AudioTests", dependencies: ["Audio", "CSndFile", "Checkpoints", "TestSupport"],
      exclude: ["Goldens"], swiftSettings: strict),
    .testTarget(
      name: "VocabularyTests", dependencies: ["JSON", "TestSupport", "Vocabulary"], exclude: ["Goldens"],
      swiftSettings: strict),
    .testTarget(
      name: "LanguageModelTests", dependencies: ["CZlib", "LanguageModel", "TestSupport"],
      exclude: ["Goldens"], swiftSettings: strict),
    .testTarget(
      name: "LayersTests", dependencies: ["Layers", "Tensors", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "CTCTests", dependencies: ["CTC", "Checkpoints", "Tensors", "TestSupport"], exclude: ["Goldens"],
      swiftSettings: strict),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "JSON", "TestSupport"], exclude: ["Goldens"],
      swiftSettings: strict),
    .testTarget(
      name: "AcousticModelTests",
      dependencies: ["AcousticModel", "Checkpoints", "CTC", "JSON", "Tensors", "TestSupport"],
      exclude: ["Goldens"],
      swiftSettings: strict),
    .testTarget(
      name: "BeamSearchTests",
      dependencies: ["BeamSearch", "CTC", "JSON", "LanguageModel", "TestSupport", "Vocabulary"],
      exclude: ["Goldens"],
      swiftSettings: strict),
    .testTarget(
      name: "EvaluationTests", dependencies: ["Evaluation", "JSON", "Tensors", "TestSupport", "Vocabulary"],
      exclude: ["Goldens"], swiftSettings: strict),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "AcousticModel", "Audio", "CTC", "Checkpoints", "Evaluation", "JSON", "Tensors", "TestSupport",
        "Training", "Vocabulary",
      ], exclude: ["Goldens"], swiftSettings: strict),
    .testTarget(
      name: "ClusteringTests",
      dependencies: ["Checkpoints", "Clustering", "Tensors", "TestSupport"], exclude: ["Goldens"],
      swiftSettings: strict),
    .testTarget(
      name: "PretrainingTests",
      dependencies: [
        "AcousticModel", "Audio", "Checkpoints", "Clustering", "JSON", "Pretraining", "Tensors",
        "TestSupport",
        "Training",
      ], swiftSettings: strict),
    // A process that writes into a store, for tests to run several of and to kill.
    .executableTarget(
      name: "StoreWriter", dependencies: ["Store"], path: "Tests/StoreWriter", swiftSettings: strict),
    .testTarget(
      name: "StoreTests",
      dependencies: [
        "JSON", "Store", "StoreWriter", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ComparisonReportTests", dependencies: ["ComparisonReport", "JSON", "TestSupport"],
      exclude: ["Browser"], swiftSettings: strict),
    .testTarget(
      name: "WorkbenchTests",
      dependencies: [
        "AcousticModel", "Audio", "BeamSearch", "CTC", "Checkpoints", "Clustering", "ComparisonReport",
        "Evaluation",
        "Hashing", "JSON",
        "Pretraining",
        "Store",
        "Tensors", "TestSupport", "Training", "Vocabulary", "Workbench",
      ],
      exclude: ["Goldens"], swiftSettings: strict),
    .testTarget(
      name: "warblerTests",
      dependencies: ["Hashing", "JSON", "Pretraining", "Store", "TestSupport", "Training", "warbler"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17
)
