import ArgumentParser

/// How the API server is watched.
struct WatchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A watch of the API server that says nothing for this long is begun anew.",
      discussion: """
        An API server says something every minute, so less makes sense only for one that does so more often.
        """, valueName: "duration"))
  var watchSilence = DurationArgument(.seconds(90))
}
