import ArgumentParser

/// The check of changed listeners before proxies get them.
struct ValidationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "An Envoy that checks changed listeners before any proxy gets them.",
      discussion: """
        Each changed listener runs through 'envoy --mode validate', beside everything else, and is served when it \
        passes. One that Envoy refuses never reaches a proxy: the last good one goes on, and the policy's status says \
        what Envoy said. Use the version that the proxies run.
        """, valueName: "path"))
  var validateWithEnvoy: String?
}
