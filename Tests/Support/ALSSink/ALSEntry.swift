import SwiftProtobuf

/// A call of `StreamAccessLogs`, as it began.
package struct ALSStream: Sendable, Hashable {
  /// The log's name, from the first message; `nil` until that came.
  package var logName: String?
  /// The id of the proxy, from the first message.
  package var nodeID = ""
  /// The cluster of the proxy, from the first message.
  package var nodeCluster = ""
  /// The headers of the call, pseudo-headers as `:authority` included, by their names in small letters. The values of
  /// a header that came several times are joined with ", ".
  package var metadata: [String: String]
  /// How many entries it brought so far.
  package var entryCount = 0
}

/// The entry of one HTTP request.
package struct ALSEntry: Sendable, Hashable {
  /// The name of the log that it came in; empty if its stream never said.
  package var logName: String
  /// `GET`; empty for one that Envoy's enum does not have.
  package var method: String
  package var authority: String
  package var path: String
  package var userAgent: String
  /// 0 if there was no answer.
  package var responseCode: Int
  package var responseCodeDetails: String
  /// The headers that the log was told to add, by their names in small letters.
  package var requestHeaders: [String: String]
  /// As ``requestHeaders``.
  package var responseHeaders: [String: String]
  /// As ``requestHeaders``.
  package var responseTrailers: [String: String]
  package var routeName: String
  package var upstreamCluster: String
  package var customTags: [String: String]
}

extension ALSEntry {
  init(_ entry: Envoy_Data_Accesslog_V3_HTTPAccessLogEntry, logName: String) {
    let (common, request, response) = (entry.commonProperties, entry.request, entry.response)
    self.init(
      logName: logName,
      method: request.requestMethod == .methodUnspecified ? "" : "\(request.requestMethod)".uppercased(),
      authority: request.authority, path: request.path, userAgent: request.userAgent,
      responseCode: Int(response.responseCode.value), responseCodeDetails: response.responseCodeDetails,
      requestHeaders: request.requestHeaders, responseHeaders: response.responseHeaders,
      responseTrailers: response.responseTrailers, routeName: common.routeName,
      upstreamCluster: common.upstreamCluster, customTags: common.customTags)
  }
}
