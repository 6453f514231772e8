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
  /// controllers must be among `parents`.
  package static func httpRoute(_ id: NamespacedName, parents: [RouteParentStatus]) -> [UInt8] {
    document(.httpRoute, id) { writer in
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
  package static func httpListenerPolicy(_ id: NamespacedName, ancestors: [PolicyAncestorStatus]) -> [UInt8] {
    document(.httpListenerPolicy, id) { writer in
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
    _ kind: KubernetesKind, _ id: NamespacedName, _ status: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("apiVersion", kind.apiVersion)
      writer.member("kind", kind.rawValue)
      writer.member("metadata") { writer in
        writer.object { writer in
          writer.member("name", id.name)
          if kind.isNamespaced { writer.member("namespace", id.namespace) }
        }
      }
      writer.member("status") { status(&$0) }
    }
    return writer.bytes
  }
}
