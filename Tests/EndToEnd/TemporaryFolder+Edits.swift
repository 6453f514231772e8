import Foundation
import RealComponents

extension TemporaryFolder {
  /// Removes a file of it.
  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: path(name))
  }

  /// Writes a file as many editors and `cp` do: empties it, then fills it, so that a reader can see a part.
  func writeInPlace(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path(name), directoryHint: .notDirectory))
  }
}
