/// The bodies that `kubectl create` and `helm` send: Kubernetes' own protobuf envelope around a built-in object.
///
/// Only what these commands fill in is read: metadata, the data of ConfigMaps and Secrets, and how dependents of a
/// deleted object are to go.
struct ProtobufBody {
  static let mediaType = "application/vnd.kubernetes.protobuf"

  private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]  // "k8s" and a zero

  private enum FieldType { case string, stringMap, bytesMap, metadata }

  /// Field numbers of `k8s.io/api/core/v1`, and of `k8s.io/apimachinery/pkg/apis/meta/v1.DeleteOptions`.
  private static let fields: [String: [Int: (name: String, type: FieldType)]] = [
    "Namespace": [1: ("metadata", .metadata)],
    "ServiceAccount": [1: ("metadata", .metadata)],
    "ConfigMap": [1: ("metadata", .metadata), 2: ("data", .stringMap)],
    "DeleteOptions": [4: ("propagationPolicy", .string)],
    "Secret": [
      1: ("metadata", .metadata), 2: ("data", .bytesMap), 3: ("type", .string), 4: ("stringData", .stringMap),
    ],
  ]

  /// Field numbers of `k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta`.
  private static let metadataFields: [Int: (name: String, type: FieldType)] = [
    1: ("name", .string), 2: ("generateName", .string), 3: ("namespace", .string), 11: ("labels", .stringMap),
    12: ("annotations", .stringMap),
  ]

  /// The object as JSON; nil if the body is no such envelope, or holds a kind that is not known here.
  static func object(in body: [UInt8]) -> JSONValue? {
    guard body.starts(with: magic), let envelope = ProtobufReader.lengthDelimited(body.dropFirst(magic.count)) else {
      return nil
    }
    guard let type = envelope.first(where: { $0.number == 1 })?.bytes,
      let raw = envelope.first(where: { $0.number == 2 })?.bytes,
      let names = ProtobufReader.lengthDelimited(type),
      let apiVersion = names.first(where: { $0.number == 1 })?.text,
      let kind = names.first(where: { $0.number == 2 })?.text,
      let known = fields[kind], let object = message(raw, known)
    else { return nil }
    var result: JSONValue = ["apiVersion": .string(apiVersion), "kind": .string(kind)]
    for (key, value) in object.objectValue ?? [:] { result[key] = value }
    return result
  }

  private static func message(
    _ bytes: ArraySlice<UInt8>, _ fields: [Int: (name: String, type: FieldType)]
  ) -> JSONValue? {
    guard let parts = ProtobufReader.lengthDelimited(bytes) else { return nil }
    var result: JSONValue = [:]
    for part in parts {
      guard let field = fields[part.number] else { continue }
      switch field.type {
      case .string where part.bytes.isEmpty: break
      case .string: result[field.name] = .string(part.text)
      case .metadata: result[field.name] = message(part.bytes, metadataFields)
      case .stringMap, .bytesMap:
        guard let entry = ProtobufReader.lengthDelimited(part.bytes) else { return nil }
        let key = entry.first { $0.number == 1 }?.text ?? ""
        let value = entry.first { $0.number == 2 }
        let text = field.type == .bytesMap ? value?.base64 : value?.text
        result[[field.name, key]] = .string(text ?? "")
      }
    }
    return result
  }
}
