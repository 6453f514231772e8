package import JSON

extension KubernetesObject {
  /// Reads an object whose kind is not known in advance, from a whole document.
  ///
  /// - Returns: nil for a kind that is not watched.
  /// - Throws: also where the kind is watched and the version of its API is another one.
  package static func decode(json: [UInt8]) throws(JSONError) -> KubernetesObject? {
    var reader = JSONReader(json)
    let object = try decode(from: &reader)
    try reader.readEnd()
    return object
  }

  /// Reads an object whose kind is not known in advance; `apiVersion` and `kind` may stand anywhere in it.
  ///
  /// A reader that records unknown fields has them afterwards.
  ///
  /// - Returns: nil for a kind that is not watched, which the reader has passed then.
  /// - Throws: also where the kind is watched and the version of its API is another one.
  package static func decode(from reader: inout JSONReader) throws(JSONError) -> KubernetesObject? {
    var scout = reader
    let type = try TypeMeta(from: &scout)
    guard let kind = try type.watchedKind(reader) else {
      reader = scout
      return nil
    }
    return try decode(kind, from: &reader)
  }

  /// Reads an object of a known kind.
  package static func decode(
    _ kind: KubernetesKind, from reader: inout JSONReader
  ) throws(JSONError) -> KubernetesObject {
    switch kind {
    case .gatewayClass: .gatewayClass(try GatewayClass(from: &reader))
    case .gateway: .gateway(try Gateway(from: &reader))
    case .httpRoute: .httpRoute(try HTTPRoute(from: &reader))
    case .referenceGrant: .referenceGrant(try ReferenceGrant(from: &reader))
    case .httpListenerPolicy: .httpListenerPolicy(try HTTPListenerPolicy(from: &reader))
    case .gatewayParameters: .gatewayParameters(try GatewayParameters(from: &reader))
    case .service: .service(try Service(from: &reader))
    case .endpointSlice: .endpointSlice(try EndpointSlice(from: &reader))
    case .namespace: .namespace(try Namespace(from: &reader))
    }
  }
}

extension KubernetesObject {
  /// The items of a `v1` List, the form in which `kubectl get -o yaml` writes several objects; nil for any other object.
  package static func items(ofList json: ArraySlice<UInt8>) throws(JSONError) -> [ArraySlice<UInt8>]? {
    var reader = JSONReader(json)
    var scout = reader
    let type = try TypeMeta(from: &scout)
    guard type.apiVersion == "v1", type.kind == "List" else { return nil }
    var items: [ArraySlice<UInt8>] = []
    try reader.readFields { reader, key throws(JSONError) in
      guard key == "items" else { return try reader.skipValue() }
      try reader.readArray { reader, _ throws(JSONError) in items.append(try reader.readRaw()) }
    }
    return items
  }
}

extension ObjectReference {
  /// Which object a document is about, read as far as that is possible although the rest is wrong; nil where even that
  /// cannot be read, or the kind is not watched.
  package init?(lenientlyReading json: [UInt8]) {
    var reader = JSONReader(json)
    var kindReader = reader
    guard let type = try? TypeMeta(from: &kindReader), let kind = KubernetesKind(rawValue: type.kind) else {
      return nil
    }
    var id: NamespacedName?
    // What comes after the names may be the very thing that is wrong.
    try? reader.readObject { reader, key throws(JSONError) in
      guard key == "metadata" else { return try reader.skipValue() }
      var named = NamespacedName(namespace: "", name: "")
      try reader.readFields { reader, key throws(JSONError) in
        switch key {
        case "name": named.name = try reader.readString()
        case "namespace": named.namespace = try reader.readString()
        default: try reader.skipValue()
        }
      }
      id = named
    }
    guard let id, !id.name.isEmpty else { return nil }
    self.init(kind: kind, id: id)
  }
}

/// What every Kubernetes object begins with: the version of its API, and its kind.
private struct TypeMeta: JSONDecodable {
  var apiVersion = ""
  var kind = ""

  init(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "apiVersion": apiVersion = try reader.readString()
      case "kind": kind = try reader.readString()
      default: try reader.skipValue()
      }
    }
    if apiVersion.isEmpty { throw reader.missing("apiVersion") }
    if kind.isEmpty { throw reader.missing("kind") }
  }

  func watchedKind(_ reader: JSONReader) throws(JSONError) -> KubernetesKind? {
    let slash = apiVersion.firstIndex(of: "/")
    let group = slash.map { String(apiVersion[..<$0]) } ?? ""
    guard let kind = KubernetesKind(rawValue: kind), kind.group == group else { return nil }
    // The Gateway API's v1 kept v1beta1 as it was.
    if apiVersion == kind.apiVersion || apiVersion == "gateway.networking.k8s.io/v1beta1" { return kind }
    throw JSONError(
      path: "apiVersion", offset: reader.offset,
      message: "\(kind.rawValue) of \(apiVersion) is not known; use \(kind.apiVersion)")
  }
}
