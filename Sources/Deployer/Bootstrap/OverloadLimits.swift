import EnvoyAPI
import SwiftProtobuf
import Translator

/// Keeps a proxy below the memory limit of its container and its connections within bounds, so that it sheds load
/// instead of being killed.
enum OverloadLimits {
  /// How much of a container's memory is for the heap of its Envoy, in bytes: four fifths. The rest is for what is not
  /// on the heap, and for the second, short-lived Envoy that drains the first (`DrainBootstrap`).
  static func heap(ofContainer memory: Int64) -> UInt64 { UInt64(clamping: memory / 5 * 4) }

  /// How many clients may be connected at a time: as many as would take the whole heap while they say nothing.
  ///
  /// - Parameter heap: in bytes; nil where it has no limit.
  static func connections(heap: UInt64?) -> Int64 {
    heap.map { Int64(clamping: max(1, $0 / bytesOfConnection)) } ?? connectionsWithoutHeap
  }

  /// What a kept connection without a request takes of the heap (measured with HTTP/1 and Envoy 1.40: 15,900 bytes).
  private static let bytesOfConnection: UInt64 = 16 << 10
  /// The number that Envoy's guide for edge proxies begins with.
  private static let connectionsWithoutHeap: Int64 = 50_000

  /// - Parameter heap: in bytes; nil where it has no limit.
  static func overloadManager(heap: UInt64?) -> Envoy_Config_Overload_V3_OverloadManager {
    .with {
      $0.refreshInterval = .with { $0.nanos = 250_000_000 }
      $0.resourceMonitors = [
        .with {
          $0.name = "envoy.resource_monitors.global_downstream_max_connections"
          $0.typedConfig = Google_Protobuf_Any(
            packing: Envoy_Extensions_ResourceMonitors_DownstreamConnections_V3_DownstreamConnectionsConfig.with {
              $0.maxActiveDownstreamConnections = connections(heap: heap)
            })
        }
      ]
      guard let heap else { return }
      $0.resourceMonitors.append(
        .with {
          $0.name = heapMonitor
          $0.typedConfig = Google_Protobuf_Any(
            packing: Envoy_Extensions_ResourceMonitors_FixedHeap_V3_FixedHeapConfig.with {
              $0.maxHeapSizeBytes = heap
            })
        })
      $0.actions = [
        action("shrink_heap", above: 0.9),
        action("stop_accepting_requests", above: 0.95),
        action("stop_accepting_connections", above: 0.98),
      ]
    }
  }

  private static let heapMonitor = "envoy.resource_monitors.fixed_heap"

  private static func action(_ name: String, above pressure: Double) -> Envoy_Config_Overload_V3_OverloadAction {
    .with {
      $0.name = "envoy.overload_actions.\(name)"
      $0.triggers = [
        .with {
          $0.name = heapMonitor
          $0.threshold.value = pressure
        }
      ]
    }
  }
}
