package import KubernetesAPI

/// What is to become of what a Gateway runs on.
package enum DeploymentIntent: Hashable, Sendable {
  /// These objects are to be there, and no others that the Gateway owns.
  case deploy(GatewayIdentity, [ManagedObject])
  /// The Gateway is another controller's: what it owns of ours is to go.
  case withdraw(GatewayIdentity)
  /// Nothing is known that should change what is there: a Gateway that is gone (its objects go by their owner), of an
  /// unknown class, or with settings that cannot be carried out, which say so elsewhere.
  case keep
}
