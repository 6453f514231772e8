import JSON

/// The body of a server-side apply of an object's status, as JSON.
///
/// It holds the status and what identifies the object, nothing else, so that its writer owns nothing but the status.
package enum StatusDocument {
  /// The status of a Gateway.
  package static func gateway(_ id: NamespacedName, _ status: GatewayStatus) -> [UInt8] {
    document(.gateway, id) { status.write(to: &$0) }
  }

  /// The conditions of a GatewayClass.
  package static func gatewayClass(_ name: String, _ conditions: [Condition]) -> [UInt8] {
    document(.gatewayClass, NamespacedName(namespace: "", name: name)) { writer in
      writer.object { $0.conditions(conditions) }
    }
  }

  /// What all controllers say of a route: the list is replaced as a whole (`+listType=atomic`), so the entries of other
  /// controllers must be among `parents`, and the write is for the `resourceVersion` in `metadata` only: the API server
  /// refuses it (409) if the object changed since it was read.
  package static func httpRoute(_ metadata: ObjectMeta, parents: [RouteParentStatus]) -> [UInt8] {
    document(.httpRoute, metadata.id, resourceVersion: metadata.resourceVersion) { writer in
      writer.object { writer in
        writer.member("parents") { writer in
          writer.array { writer in
            for parent in parents { parent.write(to: &writer) }
          }
        }
      }
    }
  }

  /// What all controllers say of a policy; the list is replaced as a whole, as with routes.
  package static func httpListenerPolicy(_ metadata: ObjectMeta, ancestors: [PolicyAncestorStatus]) -> [UInt8] {
    document(.httpListenerPolicy, metadata.id, resourceVersion: metadata.resourceVersion) { writer in
      writer.object { writer in
        writer.member("ancestors") { writer in
          writer.array { writer in
            for ancestor in ancestors { ancestor.write(to: &writer) }
          }
        }
      }
    }
  }

  private static func document(
    _ kind: KubernetesKind, _ id: NamespacedName, resourceVersion: String = "", _ status: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("apiVersion", kind.apiVersion)
      writer.member("kind", kind.rawValue)
      writer.member("metadata") { writer in
        writer.object { writer in
          writer.member("name", id.name)
          if kind.isNamespaced { writer.member("namespace", id.namespace) }
          if !resourceVersion.isEmpty { writer.member("resourceVersion", resourceVersion) }
        }
      }
      writer.member("status") { status(&$0) }
    }
    return writer.bytes
  }
}
