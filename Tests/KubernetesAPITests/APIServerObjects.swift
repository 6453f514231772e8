/// Objects as an API server (Kubernetes 1.36) answered with them.
enum APIServerObjects {
  /// A Gateway with two managers of its spec and one of its status, after the status was applied.
  static let appliedGateway = #"""
    {"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway",\#
    "metadata":{"creationTimestamp":"2026-11-23T09:01:46Z","generation":2,\#
    "managedFields":[{"apiVersion":"gateway.networking.k8s.io/v1","fieldsType":"FieldsV1",\#
    "fieldsV1":{"f:status":{"f:conditions":{"k:{\"type\":\"Accepted\"}":{".":{},"f:lastTransitionTime":{},\#
    "f:message":{},"f:observedGeneration":{},"f:reason":{},"f:status":{},"f:type":{}}}}},"manager":"ctl",\#
    "operation":"Apply","subresource":"status","time":"2026-11-23T09:01:46Z"},\#
    {"apiVersion":"gateway.networking.k8s.io/v1","fieldsType":"FieldsV1",\#
    "fieldsV1":{"f:spec":{"f:gatewayClassName":{},"f:listeners":{"k:{\"name\":\"http\"}":{".":{},"f:name":{},\#
    "f:protocol":{}}}}},"manager":"one","operation":"Apply","time":"2026-11-23T09:01:46Z"},\#
    {"apiVersion":"gateway.networking.k8s.io/v1","fieldsType":"FieldsV1",\#
    "fieldsV1":{"f:spec":{"f:gatewayClassName":{},"f:listeners":{"k:{\"name\":\"http\"}":{".":{},"f:name":{},\#
    "f:port":{},"f:protocol":{}}}}},"manager":"two","operation":"Apply","time":"2026-11-23T09:01:46Z"}],\#
    "name":"ssa","namespace":"demo","resourceVersion":"263","uid":"0a537ad9-8b30-44e1-ae49-c5451ff8c3a0"},\#
    "spec":{"gatewayClassName":"agentgateway","listeners":[{"allowedRoutes":{"namespaces":{"from":"Same"}},\#
    "name":"http","port":81,"protocol":"HTTP"}]},\#
    "status":{"conditions":[{"lastTransitionTime":"2026-01-01T00:00:00Z","message":"","observedGeneration":2,\#
    "reason":"Accepted","status":"True","type":"Accepted"},{"lastTransitionTime":"1970-01-01T00:00:00Z",\#
    "message":"Waiting for controller","reason":"Pending","status":"Unknown","type":"Programmed"}]}}
    """#

  /// A Gateway that was deleted and waits for its finalizer.
  static let deletedGateway = #"""
    {"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway",\#
    "metadata":{"creationTimestamp":"2026-11-23T09:02:01Z","deletionGracePeriodSeconds":0,\#
    "deletionTimestamp":"2026-11-23T09:02:01Z","finalizers":["example.com/f"],"generation":2,\#
    "managedFields":[{"apiVersion":"gateway.networking.k8s.io/v1","fieldsType":"FieldsV1",\#
    "fieldsV1":{"f:metadata":{"f:finalizers":{".":{},"v:\"example.com/f\"":{}}},"f:spec":{".":{},\#
    "f:gatewayClassName":{},"f:listeners":{".":{},"k:{\"name\":\"http\"}":{".":{},"f:allowedRoutes":{".":{},\#
    "f:namespaces":{".":{},"f:from":{}}},"f:name":{},"f:port":{},"f:protocol":{}}}}},"manager":"unknown",\#
    "operation":"Update","time":"2026-11-23T09:02:01Z"}],"name":"fin","namespace":"demo","resourceVersion":"275",\#
    "uid":"78626d13-a4ab-4c97-a252-b99846055173"},"spec":{"gatewayClassName":"agentgateway",\#
    "listeners":[{"allowedRoutes":{"namespaces":{"from":"Same"}},"name":"http","port":80,"protocol":"HTTP"}]},\#
    "status":{"conditions":[{"lastTransitionTime":"1970-01-01T00:00:00Z","message":"Waiting for controller",\#
    "reason":"Pending","status":"Unknown","type":"Accepted"},{"lastTransitionTime":"1970-01-01T00:00:00Z",\#
    "message":"Waiting for controller","reason":"Pending","status":"Unknown","type":"Programmed"}]}}
    """#
}
