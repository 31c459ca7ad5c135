package dev.dunes.cli;

import java.util.Optional;
import java.util.function.Function;

/** The verbs of {@code ds}. Naming them here loads none of them. */
enum Verbs {
  QUERY("query", "Have an agent work on a prompt in a sandbox", QueryVerb::new),
  RUN("run", "Run a command, a file or piped code in a sandbox", RunVerb::new),
  EXEC("exec", "Run a command in a sandbox that exists", ExecVerb::new),
  SHELL("shell", "Open an interactive shell in a sandbox", ShellVerb::new),
  SERVE("serve", "Serve runs over HTTP", ServeVerb::new),
  CANCEL("cancel", "End a run of a server", CancelVerb::new),
  REPLAY("replay", "Ask once more what a run was asked, and compare", ReplayVerb::new),
  TRIGGER("trigger", "Show what starts runs by itself, or try it", TriggerVerb::new),
  LIST("list", "List sandboxes", ListVerb::new),
  DESTROY("destroy", "Destroy a sandbox", DestroyVerb::new),
  PROVIDERS("providers", "List providers and whether they can be used", ProvidersVerb::new),
  TEST("test", "Try providers out with a sandbox each", TestVerb::new),
  DOCTOR("doctor", "Explain what is missing and how to get it", DoctorVerb::new),
  DEMO("demo", "Show an agent at work, without a key", DemoVerb::new),
  INIT("init", "Make a project to begin with", InitVerb::new),
  ADD("add", "Add tools to the agents of a project", AddVerb::new),
  COMPLETION("completion", "Print a completion script for bash, zsh or fish", CompletionVerb::new);

  private final String word;
  private final String summary;
  private final Function<Console, Verb> maker;

  Verbs(String word, String summary, Function<Console, Verb> maker) {
    this.word = word;
    this.summary = summary;
    this.maker = maker;
  }

  String word() {
    return word;
  }

  String summary() {
    return summary;
  }

  Verb make(Console console) {
    return maker.apply(console);
  }

  static Optional<Verbs> named(String word) {
    for (Verbs verb : values()) {
      if (verb.word.equals(word)) {
        return Optional.of(verb);
      }
    }
    return Optional.empty();
  }
}
