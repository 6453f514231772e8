package import JSON

extension TokenReview: JSONDecodable {
  /// Reads the answer, and of it the status alone: the rest is what was asked, with the token.
  package init(from reader: inout JSONReader) throws(JSONError) {
    var review: TokenReview?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "status": review = try TokenReview(status: &reader)
      default: try reader.skipValue()
      }
    }
    self = try reader.required(review, "status")
  }

  private init(status reader: inout JSONReader) throws(JSONError) {
    self.init(isAuthenticated: false)
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "authenticated": isAuthenticated = try reader.readBool()
      case "error": error = try reader.readString()
      case "user": try readUser(&reader)
      case "audiences":
        try reader.readArray { reader, _ throws(JSONError) in audiences.append(try reader.readString()) }
      default: try reader.skipValue()
      }
    }
  }

  private mutating func readUser(_ reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "username": username = try reader.readString()
      default: try reader.skipValue()
      }
    }
  }
}
