// The garbage collector of a cluster, at once where the real one takes a moment: an object goes with the last of its
// owners. It does not know foreground deletion and orphaning.
extension ObjectWriter {
  /// Removes what an object that is gone owned.
  func collectDependents(of owner: String, _ state: inout StoreState) {
    for (id, objects) in state.objects {
      guard let kind = state.kind(id) else { continue }
      for object in objects.values.sorted(by: { $0.key < $1.key }) where object.owners.contains(owner) {
        collectIfOrphaned(object, kind, &state)
      }
    }
  }

  /// Removes an object that has owners, none of which exists.
  func collectIfOrphaned(_ object: StoredObject, _ kind: ResourceKind, _ state: inout StoreState) {
    guard !object.owners.isEmpty, !state.contains(oneOf: object.owners) else { return }
    // It may have gone with another one that is being collected.
    guard let live = state.object(kind.id, object.key) else { return }
    _ = remove(live, kind, &state)
  }
}

extension StoredObject {
  /// The uids of its owners.
  fileprivate var owners: Set<String> {
    Set((value[["metadata", "ownerReferences"]]?.arrayValue ?? []).compactMap { $0["uid"]?.stringValue })
  }
}

extension StoreState {
  fileprivate func contains(oneOf uids: Set<String>) -> Bool {
    objects.values.contains { $0.values.contains { uids.contains($0.value.uid) } }
  }
}
