import Testing

@testable import XDS

@Suite("What replicas know of each other's proxies")
struct ProxyReportTests {
  private let gateway = GatewayID(namespace: "ns", name: "gw")
  private let one = ReplicaID("one")
  private let two = ReplicaID("two")
  private let store = SnapshotStore()
  private let good = resource(.listener, "a", "good")
  private let bad = resource(.listener, "a", "bad")

  private func publish(_ resources: EncodedResource...) {
    store.publish(Snapshot(resources), for: gateway, changedAt: .now)
  }

  private func reported(_ resource: EncodedResource) -> ProxyReport.Resource {
    .init(type: resource.type, name: resource.name, version: resource.digest)
  }

  private func refusal(_ resource: EncodedResource, _ count: Int = 1) -> ProxyReport.Refusal {
    .init(resource: reported(resource), message: "no", isCertain: true, count: count)
  }

  private var served: EncodedResource? { store.servedSnapshot(for: gateway)?[.listener, "a"] }
  private var accepted: String? { store.acceptedVersion(.listener, "a", for: gateway) }

  @Test("a report says what is published and taken, and what was refused, of this replica's proxies only")
  func export() {
    publish(good, resource(.cluster, "c"))
    #expect(store.report(of: gateway).isEmpty)
    store.accept([good, resource(.cluster, "c")], for: gateway, generation: 1)
    #expect(store.report(of: gateway).accepted == [reported(resource(.cluster, "c")), reported(good)])
    publish(bad)
    #expect(store.report(of: gateway).accepted.isEmpty)
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    #expect(store.report(of: gateway).refused == [refusal(bad, 0)])

    let other = resource(.listener, "b", "other")
    publish(bad, other)
    store.take(
      ProxyReport(connected: 7, accepted: [reported(other)], refused: [refusal(bad, 3)]), of: gateway, from: one)
    #expect(store.report(of: gateway) == ProxyReport(refused: [refusal(bad, 0)]))
  }

  @Test("a refusal is reported although the replica has taken it back, until a proxy takes that version")
  func takenBack() {
    publish(bad)
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    publish(good)
    store.accept([good], for: gateway, generation: 1)
    #expect(store.report(of: gateway).refused == [refusal(bad, 0)])
    #expect(store.report(of: gateway).accepted == [reported(good)])
    publish(bad)
    store.accept([bad], for: gateway, generation: 2)
    #expect(store.report(of: gateway).refused.isEmpty)
    store.remove(gateway)
    #expect(store.report(of: gateway).isEmpty)
  }

  @Test("what came before the publication counts when that comes")
  func early() {
    store.take(ProxyReport(connected: 1, accepted: [reported(good)]), of: gateway, from: one)
    #expect(accepted == nil)
    publish(good)
    #expect(accepted == good.version)
    store.take(
      ProxyReport(connected: 1, accepted: [reported(good)], refused: [refusal(bad)]), of: gateway, from: one)
    #expect(store.rejections(for: gateway).isEmpty)
    publish(bad)
    #expect(store.rejections(for: gateway).map(\.refuser) == [.proxies(1, of: 1)])
    #expect(served == good)
  }

  @Test("a version that is not known here is nothing to fall back to")
  func unknown() {
    publish(bad)
    store.take(
      ProxyReport(connected: 1, accepted: [reported(good)], refused: [refusal(bad)]), of: gateway, from: one)
    #expect(accepted == nil)
    #expect(store.rejections(for: gateway).first?.goodVersion == nil)
    #expect(served == nil)
  }

  @Test("refusals of all replicas are counted together, and one that takes it ends them")
  func counts() {
    publish(good)
    store.take(ProxyReport(connected: 2, accepted: [reported(good)]), of: gateway, from: one)
    store.take(ProxyReport(connected: 3), of: gateway, from: two)
    publish(bad)
    store.take(ProxyReport(connected: 2, refused: [refusal(bad)]), of: gateway, from: one)
    #expect(store.rejections(for: gateway).map(\.refuser) == [.proxies(1, of: 5)])
    store.take(ProxyReport(connected: 3, refused: [refusal(bad, 2)]), of: gateway, from: two)
    #expect(store.rejections(for: gateway).map(\.refuser) == [.proxies(3, of: 5)])
    #expect(served == good)
    // Said again it is no news.
    _ = store.takeChanged()
    store.take(ProxyReport(connected: 3, refused: [refusal(bad, 2)]), of: gateway, from: two)
    #expect(store.takeChanged().isEmpty)

    store.take(ProxyReport(connected: 3, accepted: [reported(bad)]), of: gateway, from: two)
    #expect(store.rejections(for: gateway).isEmpty)
    #expect(served == bad)
    #expect(accepted == bad.version)
    // It was overruled.
    store.take(ProxyReport(connected: 1, refused: [refusal(bad)]), of: gateway, from: one)
    #expect(store.rejections(for: gateway).isEmpty)
    // A proxy that refuses it after all is told of, and holds nothing back.
    store.reject([bad], for: gateway, isCertain: true, message: "no")
    #expect(served == bad)
    #expect(store.rejections(for: gateway).map(\.isWithheld) == [false])
  }

  @Test("what a replica had taken and refused stays when it is forgotten, its proxies do not count")
  func forgotten() {
    publish(good)
    store.take(ProxyReport(connected: 2, accepted: [reported(good)]), of: gateway, from: one)
    publish(bad)
    store.take(ProxyReport(connected: 2, refused: [refusal(bad)]), of: gateway, from: one)
    store.forget(one, of: [gateway])
    #expect(accepted == good.version)
    #expect(served == good)
    store.take(ProxyReport(connected: 1, refused: [refusal(bad)]), of: gateway, from: two)
    #expect(store.rejections(for: gateway).map(\.refuser) == [.proxies(1, of: 1)])
    store.forget(two, of: [gateway])
    store.remove(gateway)
    #expect(store.reportableGateways.isEmpty)
  }

  @Test("changes are told of once somebody asks, each Gateway once")
  func changes() {
    publish(good)
    #expect(store.takeReportChanges().isEmpty)
    store.accept([good], for: gateway, generation: 1)
    store.accept([good], for: gateway, generation: 1)
    #expect(store.takeReportChanges() == [gateway])
    store.accept([good], for: gateway, generation: 1)
    #expect(store.takeReportChanges().isEmpty)
    // Of other replicas' proxies nothing is reported.
    store.take(ProxyReport(connected: 2, accepted: [reported(good)]), of: gateway, from: one)
    #expect(store.takeReportChanges().isEmpty)
    let loop = ObjectIdentifier(SnapshotStore.self)
    _ = store.attach(to: gateway, loop: loop) {}
    #expect(store.takeReportChanges() == [gateway])
    #expect(store.report(of: gateway).connected == 1)
    _ = store.detach(from: gateway, loop: loop, acknowledged: 0)
    #expect(store.takeReportChanges() == [gateway])
  }
}
