/// A part that most objects do not have, kept apart from them: without it they are a word long there, and not as long as
/// it would be.
@propertyWrapper
package struct Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
  private indirect enum Storage: Hashable, Sendable {
    case none
    case some(Value)
  }

  private var storage: Storage

  package init(wrappedValue: Value?) { storage = wrappedValue.map(Storage.some) ?? .none }

  package var wrappedValue: Value? {
    get {
      switch storage {
      case .none: nil
      case .some(let value): value
      }
    }
    set { storage = newValue.map(Storage.some) ?? .none }
  }
}

extension Boxed: CustomReflectable {
  /// That of the optional value.
  package var customMirror: Mirror { Mirror(reflecting: wrappedValue as Any) }
}
