import EnvoyAPI
import SwiftProtobuf
import Translator

/// Keeps a proxy below the memory limit of its container, so that it sheds load instead of being killed.
enum HeapLimit {
  /// How much of a container's memory is for the heap of its Envoy, in bytes: four fifths. The rest is for what is not
  /// on the heap, and for the second, short-lived Envoy that drains the first (`DrainBootstrap`).
  static func heap(ofContainer memory: Int64) -> UInt64 { UInt64(clamping: memory / 5 * 4) }

  static func overloadManager(heap: UInt64) -> Envoy_Config_Overload_V3_OverloadManager {
    .with {
      $0.refreshInterval = .with { $0.nanos = 250_000_000 }
      $0.resourceMonitors = [
        .with {
          $0.name = monitor
          $0.typedConfig = Google_Protobuf_Any(
            packing: Envoy_Extensions_ResourceMonitors_FixedHeap_V3_FixedHeapConfig.with {
              $0.maxHeapSizeBytes = heap
            })
        }
      ]
      $0.actions = [
        action("shrink_heap", above: 0.9),
        action("stop_accepting_requests", above: 0.95),
        action("stop_accepting_connections", above: 0.98),
      ]
    }
  }

  private static let monitor = "envoy.resource_monitors.fixed_heap"

  private static func action(_ name: String, above pressure: Double) -> Envoy_Config_Overload_V3_OverloadAction {
    .with {
      $0.name = "envoy.overload_actions.\(name)"
      $0.triggers = [
        .with {
          $0.name = monitor
          $0.threshold.value = pressure
        }
      ]
    }
  }
}
