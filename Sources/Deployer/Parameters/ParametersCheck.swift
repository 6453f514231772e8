import JSON
import KubernetesAPI
import SwiftProtobuf
import Translator

/// What is wrong with the fields of one GatewayParameters, whatever it is combined with.
enum ParametersCheck {
  static func faults(of parameters: GatewayParameters) -> [FieldFault] {
    var faults: [FieldFault] = []
    check(parameters.image, &faults)
    check(replicas: parameters.replicas, at: "spec.replicas", minimum: 0, &faults)
    if parameters.replicas != nil, parameters.autoscaling != nil {
      faults.add("spec", "sets replicas and autoscaling; set only one of them")
    }
    if let autoscaling = parameters.autoscaling { check(autoscaling, &faults) }
    if let budget = parameters.podDisruptionBudget { check(budget, &faults) }
    check(quantities: parameters.resources.requests, at: "spec.resources.requests", &faults)
    check(quantities: parameters.resources.limits, at: "spec.resources.limits", &faults)
    check(parameters.service, &faults)
    check(parameters.pod, &faults)
    check(parameters.env, &faults)
    if let level = parameters.logLevel { word(level, of: logLevels, at: "spec.logLevel", &faults) }
    if let text = parameters.drainDuration { _ = drainSeconds(text, &faults) }
    StatsCheck.check(parameters.stats, &faults)
    return faults
  }

  static let logLevels = ["trace", "debug", "info", "warning", "error", "critical", "off"]
  private static let maximumReplicas = 1000

  private static func word(_ text: String, of known: [String], at path: String, _ faults: inout [FieldFault]) {
    if !known.contains(text) { faults.add(path, FieldCheck.unknown(text, known: known)) }
  }

  private static func range(
    _ number: Int, _ range: ClosedRange<Int>, at path: String, _ faults: inout [FieldFault]
  ) {
    if !range.contains(number) {
      faults.add(path, "\(number) is out of range; use a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  // MARK: Image

  private static func check(_ image: GatewayParameters.Image, _ faults: inout [FieldFault]) {
    let path = "spec.image"
    if let repository = image.repository, !isRepository(repository) {
      faults.add(
        "\(path).repository",
        "\"\(repository)\" is no name of an image without tag and digest, as docker.io/envoyproxy/envoy")
    }
    if let tag = image.tag, !isTag(tag) {
      faults.add("\(path).tag", "\"\(tag)\" is no tag of an image, as distroless-v1.40.0")
    }
    if let digest = image.digest, !isDigest(digest) {
      faults.add("\(path).digest", "\"\(digest)\" is no digest; write sha256: and 64 hexadecimal digits")
    }
    if let policy = image.pullPolicy {
      word(policy, of: ["Always", "IfNotPresent", "Never"], at: "\(path).pullPolicy", &faults)
    }
    for (index, name) in image.pullSecrets.enumerated() where !ObjectSyntax.isSubdomain(name) {
      faults.add("\(path).pullSecrets[\(index)]", "\"\(name)\" is no name of a Secret, as registry-credentials")
    }
    FieldCheck.distinct(image.pullSecrets, at: "\(path).pullSecrets", &faults)
  }

  private static func isRepository(_ text: String) -> Bool {
    let name = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard text.utf8.count <= 255, let last = name.last, !last.contains(UInt8(ascii: ":")) else { return false }
    return name.allSatisfy { !$0.isEmpty }
      && text.utf8.allSatisfy { ObjectSyntax.isAlphanumeric($0) || "._-/:".utf8.contains($0) }
  }

  private static func isTag(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
    let isWord = { (byte: UInt8) in ObjectSyntax.isAlphanumeric(byte) || byte == UInt8(ascii: "_") }
    return isWord(first) && text.utf8.allSatisfy { isWord($0) || ".-".utf8.contains($0) }
  }

  private static func isDigest(_ text: String) -> Bool {
    let digits = text.utf8.dropFirst("sha256:".utf8.count)
    return text.hasPrefix("sha256:") && digits.count == 64
      && digits.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  // MARK: Size

  private static func check(
    replicas: Int?, at path: String, minimum: Int, _ faults: inout [FieldFault]
  ) {
    if let replicas { range(replicas, minimum...maximumReplicas, at: path, &faults) }
  }

  private static func check(_ autoscaling: GatewayParameters.Autoscaling, _ faults: inout [FieldFault]) {
    let path = "spec.autoscaling"
    check(replicas: autoscaling.minReplicas, at: "\(path).minReplicas", minimum: 1, &faults)
    check(replicas: autoscaling.maxReplicas, at: "\(path).maxReplicas", minimum: 1, &faults)
    if let minimum = autoscaling.minReplicas, minimum > autoscaling.maxReplicas {
      faults.add(
        "\(path).minReplicas", "\(minimum) is more than maxReplicas, \(autoscaling.maxReplicas); make it at most that")
    }
    for (name, target) in [
      ("targetCPUUtilizationPercentage", autoscaling.targetCPUUtilizationPercentage),
      ("targetMemoryUtilizationPercentage", autoscaling.targetMemoryUtilizationPercentage),
    ] {
      if let target { range(target, 1...1000, at: "\(path).\(name)", &faults) }
    }
  }

  private static func check(_ budget: GatewayParameters.DisruptionBudget, _ faults: inout [FieldFault]) {
    let path = "spec.podDisruptionBudget"
    let one = FieldCheck.exactlyOne(
      of: ["minAvailable": budget.minAvailable != nil, "maxUnavailable": budget.maxUnavailable != nil], at: path,
      &faults)
    guard one else { return }
    for (name, text) in [("minAvailable", budget.minAvailable), ("maxUnavailable", budget.maxUnavailable)] {
      guard let text else { continue }
      let isPercentage = text.hasSuffix("%")
      let number = Int(isPercentage ? text.dropLast() : text[...])
      if number.map({ (0...(isPercentage ? 100 : maximumReplicas)).contains($0) }) != true {
        faults.add("\(path).\(name)", "\"\(text)\" is neither a number of pods nor a percentage of them, as 1 or 25%")
      }
    }
  }

  private static func check(quantities: [String: String], at path: String, _ faults: inout [FieldFault]) {
    for (name, text) in quantities.sorted(by: { $0.key < $1.key }) {
      let inner = "\(path)[\"\(name)\"]"
      if !ObjectSyntax.isKey(name) {
        faults.add(path, "\"\(name)\" is no name of a resource, as memory")
      } else if Quantity(text) == nil {
        faults.add(
          name.utf8.allSatisfy(ObjectSyntax.isAlphanumeric) ? "\(path).\(name)" : inner,
          "\"\(text)\" is no quantity; write a number with a unit, as 500m or 1Gi")
      }
    }
  }

  // MARK: Service

  private static func check(_ service: GatewayParameters.ServiceSettings, _ faults: inout [FieldFault]) {
    let path = "spec.service"
    if let type = service.type {
      word(type, of: ["ClusterIP", "NodePort", "LoadBalancer"], at: "\(path).type", &faults)
    }
    if let policy = service.externalTrafficPolicy {
      word(policy, of: ["Cluster", "Local"], at: "\(path).externalTrafficPolicy", &faults)
    }
    if let name = service.loadBalancerClass, name.isEmpty || !ObjectSyntax.isKey(name) {
      faults.add(
        "\(path).loadBalancerClass", "\"\(name)\" is no class of load balancers, as example.com/internal")
    }
    faults.addFaults(ofLabels: service.labels, at: "\(path).labels")
    faults.addFaults(ofAnnotations: service.annotations, at: "\(path).annotations")
  }

  // MARK: Pods

  private static func check(_ pod: GatewayParameters.Pod, _ faults: inout [FieldFault]) {
    let path = "spec.pod"
    faults.addFaults(ofLabels: pod.labels, at: "\(path).labels")
    faults.addFaults(ofAnnotations: pod.annotations, at: "\(path).annotations")
    for (key, value) in pod.nodeSelector.sorted(by: { $0.key < $1.key })
    where !ObjectSyntax.isKey(key) || !ObjectSyntax.isLabelValue(value) {
      faults.add("\(path).nodeSelector", "\"\(key): \(value)\" is no label of a node, as kubernetes.io/arch: arm64")
    }
    Shape.list(.toleration).check(.array(pod.tolerations), at: "\(path).tolerations", &faults)
    if let affinity = pod.affinity { Shape.affinity.check(affinity, at: "\(path).affinity", &faults) }
    Shape.list(.topologySpreadConstraint)
      .check(.array(pod.topologySpreadConstraints), at: "\(path).topologySpreadConstraints", &faults)
    if let name = pod.priorityClassName, !ObjectSyntax.isSubdomain(name) {
      faults.add("\(path).priorityClassName", "\"\(name)\" is no name of a PriorityClass, as system-cluster-critical")
    }
    if let seconds = pod.terminationGracePeriodSeconds {
      range(seconds, 1...86_400, at: "\(path).terminationGracePeriodSeconds", &faults)
    }
  }

  /// What the operator itself says of a pod to its proxy.
  static let ownVariables = ["POD_NAME", "POD_NAMESPACE", "POD_IP", "NODE_NAME", "GATEWAY_NAME"]

  private static func check(_ env: [GatewayParameters.EnvironmentVariable], _ faults: inout [FieldFault]) {
    FieldCheck.distinct(env.map(\.name), at: "spec.env", &faults)
    for (index, variable) in env.enumerated() {
      let path = "spec.env[\(index)]"
      if !isVariableName(variable.name) {
        faults.add("\(path).name", "\"\(variable.name)\" is no name of a variable, as REGION")
      } else if ownVariables.contains(variable.name) {
        faults.add("\(path).name", "\(variable.name) is always there, set by the operator; remove it")
      }
      if variable.value != nil, variable.valueFrom != nil {
        faults.add(path, "sets value and valueFrom; set only one of them")
      }
      if let source = variable.valueFrom {
        Shape.variableSource.check(source, at: "\(path).valueFrom", &faults)
        if case .object(let members) = source, members.filter({ $0.value != .null }).count != 1 {
          faults.add(
            "\(path).valueFrom", "set one of fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef")
        }
      }
    }
  }

  private static func isVariableName(_ text: String) -> Bool {
    guard let first = text.utf8.first else { return false }
    return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
      && text.utf8.allSatisfy { ObjectSyntax.isAlphanumeric($0) || "_-.".utf8.contains($0) }
  }

  /// The seconds of a drain, rounded up; nil where there is a fault.
  static func drainSeconds(_ text: String, _ faults: inout [FieldFault]) -> Int? {
    let path = "spec.drainDuration"
    guard let duration = GoDuration.parse(text, at: path, example: "20s", &faults) else { return nil }
    let seconds = Int(duration.seconds) + (duration.nanos > 0 ? 1 : 0)
    guard seconds <= 3600 else {
      faults.add(path, "\(text) is too long; use at most 1h")
      return nil
    }
    return seconds
  }
}
