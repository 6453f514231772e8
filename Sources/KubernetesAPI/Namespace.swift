/// `v1` Namespace: only its labels matter, for listeners that admit routes by namespace selector.
package struct Namespace: Hashable, Sendable {
  package var metadata: ObjectMeta

  package init(metadata: ObjectMeta) { self.metadata = metadata }
}
