import Clustering
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite struct QualityTests {
  @Test func `usage, worked by hand`() {
    var usage = ClusterUsage(clusters: 4)
    usage.add([0, 0, 1, 2])
    #expect(usage.counts == [2, 1, 1, 0])
    #expect(usage.frames == 4 && usage.smallest == 0 && usage.largest == 2 && usage.empty == 1)
    // 1/2 ln 2 + 2 x 1/4 ln 4 = 3/2 ln 2.
    #expect(abs(usage.entropy - 1.5 * log(2)) < 1e-15)
    #expect(abs(usage.perplexity - pow(2, 1.5)) < 1e-14)
    #expect(ClusterUsage(clusters: 3).entropy == 0)
  }

  /// Joint counts, references by clusters: [[3, 1, 0], [0, 1, 3]].
  @Test func `purity, worked by hand`() {
    var purity = ClusterPurity(references: 2, clusters: 3)
    purity.add([0, 0, 0, 1], references: [0, 0, 0, 0])
    purity.add([1, 2, 2, 2], references: [1, 1, 1, 1])
    #expect(purity.frames == 8)
    // Clusters 0, 1, 2 have 3, 1, 3 frames of their commonest reference.
    #expect(purity.phonePurity == 7.0 / 8)
    #expect(purity.clusterPurity == 6.0 / 8)
    // H(y) = ln 2; H(y | z) = 1/4 ln 2.
    #expect(abs(purity.normalisedMutualInformation - 0.75) < 1e-14)
  }

  @Test func `clusters that are the references are pure, and independent ones tell nothing`() {
    var same = ClusterPurity(references: 3, clusters: 3)
    same.add([2, 0, 1, 1], references: [0, 1, 2, 2])
    #expect(same.phonePurity == 1 && same.clusterPurity == 1)
    #expect(abs(same.normalisedMutualInformation - 1) < 1e-15)
    var independent = ClusterPurity(references: 2, clusters: 2)
    independent.add([0, 1, 0, 1], references: [0, 0, 1, 1])
    #expect(abs(independent.normalisedMutualInformation) < 1e-15)
    #expect(ClusterPurity(references: 1, clusters: 1).phonePurity.isNaN)
  }
}
