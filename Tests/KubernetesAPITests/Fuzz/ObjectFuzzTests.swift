import Fuzzing
import JSON
import KubernetesAPI
import Testing

@Suite("Fuzzing objects of the API server")
struct ObjectFuzzTests {
  private static let objects = FuzzCorpus.objects()
  private static let words = [
    "Gateway", "HTTPRoute", "Service", "v1", "gateway.networking.k8s.io/v1", "default", "2026-11-23T09:01:45Z", "TCP",
    "http", "PathPrefix", "Exact", "In", "Exists", "100m", "1Gi", "10s", "1h30m",
  ]

  private static let structure = JSONMutator(objects, dictionary: words)
  private static let bytes = ByteMutator(
    corpus: objects.map(\.fuzzBytes), dictionary: ["{", "}", "[", "]", ":", ",", "\"", "null", "{\"", "\":"] + words)

  private static func mutant(using random: inout FuzzRandom) -> [UInt8] {
    random.chance(75) ? structure.mutant(using: &random).fuzzBytes : bytes.mutant(using: &random)
  }

  @Test(
    "a damaged object is an error that names its place, or is read the same each time",
    arguments: KubernetesKind.allCases)
  func kinds(_ kind: KubernetesKind) {
    let ofKind = Self.objects.filter { $0["kind"] == .string(kind.rawValue) }
    let mutator = JSONMutator(ofKind.isEmpty ? Self.objects : ofKind, dictionary: Self.words)
    let findings = Fuzzer("object-\(kind.rawValue)", cases: 500).run {
      mutator.mutant(using: &$0).fuzzBytes
    } check: {
      bytes, _ in
      var (reader, again) = (JSONReader(bytes), JSONReader(bytes))
      do throws(JSONError) {
        let object = try KubernetesObject.decode(kind, from: &reader)
        try reader.readEnd()
        guard try KubernetesObject.decode(kind, from: &again) == object else { return .fault("not the same again") }
        return object.metadata.name.isEmpty ? .fault("an object without a name") : .accepted
      } catch {
        return Self.verdict(on: error, in: bytes)
      }
    }
    #expect(findings == [])
  }

  @Test("so it is where the kind is not known in advance, and its name can be told")
  func anyKind() {
    let findings = Fuzzer("object", cases: 1_500).run(Self.mutant) { bytes, _ in
      let reference = ObjectReference(lenientlyReading: bytes)
      do throws(JSONError) {
        guard let object = try KubernetesObject.decode(json: bytes) else { return .refused }
        return reference == object.reference
          ? .accepted : .fault("\(object.reference) is taken for \(String(describing: reference))")
      } catch {
        return Self.verdict(on: error, in: bytes)
      }
    }
    #expect(findings == [])
  }

  private static func verdict(on error: JSONError, in bytes: [UInt8]) -> FuzzVerdict {
    guard (0...bytes.count).contains(error.offset) else { return .fault("an error at \(error.offset)") }
    return error.message.isEmpty ? .fault("an error without words") : .refused
  }

  private static let lease = #"""
    {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a","namespace":"b","resourceVersion":"7",
    "annotations":{"gateway.kgateway.dev/xds-address":"10.0.0.1:9977","x":"y"},"labels":{"a":"b"}},"spec":{
    "holderIdentity":"me","leaseDurationSeconds":12,"acquireTime":"2026-11-23T09:01:45.000000Z",
    "renewTime":"2026-11-23T09:01:45.123456Z","leaseTransitions":3,"strategy":"x"}}
    """#

  @Test("what is read of a damaged Lease is written as the same")
  func leases() {
    let mutator = ByteMutator(corpus: [Self.lease], dictionary: ["null", "{}", "[]", "\"\"", ",", "\"spec\":", "0"])
    let findings = Fuzzer("lease", cases: 1_500).run(mutator.mutant) { bytes, random in
      var reader = JSONReader(bytes)
      do throws(JSONError) {
        var lease = try Lease(from: &reader)
        if random.chance(50) { lease.address = "10.0.0.2:1" }
        var again = JSONReader(lease.json)
        let second = try Lease(from: &again)
        try again.readEnd()
        let isSame =
          second.holderIdentity == lease.holderIdentity && second.renewTime == lease.renewTime
          && second.transitions == lease.transitions && second.address == lease.address
          && second.metadata.name == lease.metadata.name && second.json == lease.json
        return isSame ? .accepted : .fault("written as \(String(decoding: lease.json, as: UTF8.self))")
      } catch {
        return .refused
      }
    }
    #expect(findings == [])
  }

  private static let secret = #"""
    {"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{"name":"a","namespace":"b","resourceVersion":"7"},
    "data":{"tls.crt":"SGVsbG8gd29ybGQ=","tls.key":"","x":null,"y":"AA=="}}
    """#
  private static let review = #"""
    {"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","metadata":{},"spec":{"token":"t"},"status":{
    "authenticated":true,"user":{"username":"system:serviceaccount:a:b","uid":"1","groups":["x"],"extra":{"a":["b"]}},
    "audiences":["kgateway"],"error":""}}
    """#

  @Test("damaged Secrets and TokenReviews never do more than fail")
  func secretsAndReviews() {
    let mutator = ByteMutator(
      corpus: [Self.secret, Self.review], dictionary: ["null", "true", "=", "====", "A", "\n", "{}", "[]"])
    let findings = Fuzzer("secret", cases: 1_500).run(mutator.mutant) { bytes, _ in
      var (first, second) = (JSONReader(bytes), JSONReader(bytes))
      let isSecret = (try? Secret(from: &first)) != nil
      let isReview = (try? TokenReview(from: &second)) != nil
      return isSecret || isReview ? .accepted : .refused
    }
    #expect(findings == [])
  }
}
