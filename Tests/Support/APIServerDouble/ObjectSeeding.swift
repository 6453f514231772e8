extension APIServerDouble {
  /// Why an object could not be stored: what the server would have answered.
  package struct Refusal: Error, CustomStringConvertible {
    /// The HTTP status code.
    package let code: Int
    /// The message of the `Status`.
    package let message: String

    /// Both.
    package var description: String { "\(code): \(message)" }
  }

  /// Stores an object without a request: creates it, or replaces it if it is there. Its namespace is made if need be.
  ///
  /// - Returns: the object as stored.
  @discardableResult
  package func put(_ object: JSONValue) throws(Refusal) -> JSONValue {
    do throws(StatusError) {
      return try storeObject(object).object.value
    } catch {
      throw Refusal(code: error.code, message: error.message)
    }
  }

  /// Deletes an object without a request.
  package func delete(_ plural: String, group: String, namespace: String, name: String) throws(Refusal) {
    do throws(StatusError) {
      try removeObject(GroupResource(group: group, plural: plural), ObjectKey(namespace: namespace, name: name))
    } catch {
      throw Refusal(code: error.code, message: error.message)
    }
  }
}
