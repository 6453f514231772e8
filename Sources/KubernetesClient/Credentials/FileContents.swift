#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads a file wholly. Throws with the system's reason as the problem. `limit` is in bytes.
package func fileContents(_ path: String, limit: Int = 4 * 1024 * 1024) throws(CredentialsError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw systemProblem(path) }
  defer { close(descriptor) }
  var contents: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 16 * 1024)
  while true {
    let count = read(descriptor, &block, block.count)
    if count == 0 { return contents }
    if count < 0 {
      if errno == EINTR { continue }
      throw systemProblem(path)
    }
    contents += block[..<count]
    guard contents.count <= limit else { throw CredentialsError(path, "the file has more than \(limit) bytes") }
  }
}

/// Whether something stands at the path, readable or not.
func fileExists(_ path: String) -> Bool {
  access(path, F_OK) == 0
}

private func systemProblem(_ path: String) -> CredentialsError {
  let reason = String(cString: strerror(errno))
  return CredentialsError(path, "cannot be read: \(reason)")
}

/// `path`, which may be relative to `folder`.
func resolve(_ path: String, in folder: String) -> String {
  path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
}

/// The folder of a file; empty where the path names none.
func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "" }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
