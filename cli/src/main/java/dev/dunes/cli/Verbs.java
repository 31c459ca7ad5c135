package dev.dunes.cli;

import java.util.Optional;

/** The verbs of {@code ds}. Naming them here loads none of them. */
enum Verbs {
  QUERY("query", "Have an agent work on a prompt in a sandbox"),
  RUN("run", "Run a command, a file or piped code in a sandbox"),
  EXEC("exec", "Run a command in a sandbox that exists"),
  SHELL("shell", "Open an interactive shell in a sandbox"),
  SERVE("serve", "Serve runs over HTTP"),
  CANCEL("cancel", "End a run of a server"),
  REPLAY("replay", "Ask once more what a run was asked, and compare"),
  TRIGGER("trigger", "Show what starts runs by itself, or try it"),
  SERVER("server", "Serve sessions with agents over HTTP, with a token"),
  API("api", "Ask a server about agents and sessions"),
  ATTACH("attach", "Follow a session in the terminal, and answer"),
  SESSIONS("sessions", "List sessions, search, export or delete them"),
  TEMPLATE("template", "Build, list or delete what sandboxes of a server are made from"),
  AGENTS("agents", "List agents, and what they can do"),
  INSTALL_AGENT("install-agent", "Install an agent"),
  CREDENTIALS("credentials", "Find keys for models on this machine"),
  KEYS("keys", "Make, list and revoke keys for sandboxes of a server"),
  SECRETS("secrets", "Keep secrets that sandboxes of a server use and never have"),
  ENV("env", "Print variables that point clients of others at a server"),
  PORT("port", "Carry connections to a port of a sandbox, or print its address"),
  LIST("list", "List sandboxes"),
  DESTROY("destroy", "Destroy a sandbox"),
  PROVIDERS("providers", "List providers and whether they can be used"),
  TEST("test", "Try providers out with a sandbox each"),
  DOCTOR("doctor", "Explain what is missing and how to get it"),
  DEMO("demo", "Show an agent at work, without a key"),
  INIT("init", "Make a project to begin with"),
  ADD("add", "Add tools to the agents of a project"),
  COMPLETION("completion", "Print a completion script for bash, zsh or fish");

  private final String word;
  private final String summary;

  Verbs(String word, String summary) {
    this.word = word;
    this.summary = summary;
  }

  String word() {
    return word;
  }

  String summary() {
    return summary;
  }

  Verb make(Console console) {
    // A switch and no references to constructors: those would all be linked at the start.
    return switch (this) {
      case QUERY -> new QueryVerb(console);
      case RUN -> new RunVerb(console);
      case EXEC -> new ExecVerb(console);
      case SHELL -> new ShellVerb(console);
      case SERVE -> new ServeVerb(console);
      case CANCEL -> new CancelVerb(console);
      case REPLAY -> new ReplayVerb(console);
      case TRIGGER -> new TriggerVerb(console);
      case SERVER -> new ServerVerb(console);
      case API -> new ApiVerb(console);
      case ATTACH -> new AttachVerb(console);
      case SESSIONS -> new SessionsVerb(console);
      case TEMPLATE -> new TemplateVerb(console);
      case AGENTS -> new AgentsVerb(console);
      case INSTALL_AGENT -> new InstallAgentVerb(console);
      case CREDENTIALS -> new CredentialsVerb(console);
      case KEYS -> new KeysVerb(console);
      case SECRETS -> new SecretsVerb(console);
      case ENV -> new EnvVerb(console);
      case PORT -> new PortVerb(console);
      case LIST -> new ListVerb(console);
      case DESTROY -> new DestroyVerb(console);
      case PROVIDERS -> new ProvidersVerb(console);
      case TEST -> new TestVerb(console);
      case DOCTOR -> new DoctorVerb(console);
      case DEMO -> new DemoVerb(console);
      case INIT -> new InitVerb(console);
      case ADD -> new AddVerb(console);
      case COMPLETION -> new CompletionVerb(console);
    };
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
