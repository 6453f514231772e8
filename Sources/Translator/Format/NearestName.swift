/// The known name that a misspelt one most likely means; nil where none is near.
///
/// Near is an edit distance of at most a third of the name's length; of several equally near the first by alphabet. Where
/// there is none, the one name that begins with what was written, if that is long enough to mean something.
func nearestName(to name: String, among known: some Sequence<String>) -> String? {
  let known = Array(known)
  if let nearest = nameByDistance(to: name, among: known) { return nearest }
  let longer = known.filter { name.utf8.count >= 4 && $0.hasPrefix(name) }
  return longer.count == 1 ? longer[0] : nil
}

private func nameByDistance(to name: String, among known: [String]) -> String? {
  let limit = min(max(1, name.utf8.count / 3), name.utf8.count - 1)
  let letters = Array(name.utf8)
  return
    known
    // Names of other lengths are further away. So a long one, which anybody may write, is compared with none.
    .filter { abs($0.utf8.count - letters.count) <= limit }
    .map { (name: $0, distance: editDistance(letters, Array($0.utf8))) }
    .filter { $0.distance <= limit }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?
    .name
}

/// How many letters are to be inserted, removed, replaced, or swapped with their neighbour, to make one word of the
/// other (the optimal string alignment distance).
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for row in 0..<left.count {
    var current = [row + 1]
    for column in 0..<right.count {
      let isSame = left[row] == right[column]
      var distance = min(last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        distance = min(distance, beforeLast[column - 1] + 1)
      }
      current.append(distance)
    }
    beforeLast = last
    last = current
  }
  return last[right.count]
}
