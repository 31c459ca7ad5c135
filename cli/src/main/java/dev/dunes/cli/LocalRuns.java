package dev.dunes.cli;

import dev.dunes.agent.Agents;
import dev.dunes.gateway.LeaseSpec;
import dev.dunes.session.InputFiles;
import dev.dunes.session.ProviderKeys;
import dev.dunes.session.Run;
import dev.dunes.session.RunRefusedException;
import dev.dunes.session.RunRequest;
import dev.dunes.session.Runs;
import dev.dunes.session.RunsConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Runs of agents in this process. */
final class LocalRuns {
  private final Console console;
  private final Path directory;
  private final Map<String, String> environment;
  private final UnaryOperator<LeaseSpec> leases;

  /** Those of the working directory. */
  LocalRuns(Console console) {
    this(console, console.directory(), console.environment(), UnaryOperator.identity());
  }

  /**
   * @param leases changes what runs are given at the gateway
   */
  LocalRuns(
      Console console,
      Path directory,
      Map<String, String> environment,
      UnaryOperator<LeaseSpec> leases) {
    this.console = console;
    this.directory = directory;
    this.environment = environment;
    this.leases = leases;
  }

  /** Starts a run of its own for a question. */
  Function<Waiting, RunEvents> starter(Question question) {
    return waiting -> start(open(waiting), runs -> runs.start(request(question)));
  }

  /** The runs of this directory; agents that are installed meanwhile are shown. */
  Runs open(Waiting waiting) {
    ProcessEnd.prepare();
    try {
      return Runs.open(config(waiting).build());
    } catch (RunRefusedException e) {
      throw failure(e);
    }
  }

  /** How runs are set up that are served to others. */
  RunsConfig serving() {
    return config(Waiting.hidden(console)).serving(true).build();
  }

  private RunsConfig.Builder config(Waiting waiting) {
    RunsConfig.Builder config =
        RunsConfig.builder()
            .directory(directory)
            .environment(environment)
            .gateways(options -> new Demo.ChangedGateway(console.gateways().open(options), leases));
    Agents agents = LocalAgents.open(console, environment);
    agents
        .ids()
        .forEach(id -> config.agent(new ShownAgent(agents.get(id), waiting, console::explain)));
    return config;
  }

  /** Starts a run; the runs are closed with its events. */
  static RunEvents start(Runs runs, Function<Runs, Run> starting) {
    try {
      return new LocalRun(runs, starting.apply(runs));
    } catch (RunRefusedException e) {
      runs.close();
      throw failure(e);
    } catch (RuntimeException | Error e) {
      runs.close();
      throw e;
    }
  }

  static RunRequest request(Question question) {
    Question.Keys keys = question.keys();
    RunRequest.Builder request =
        RunRequest.builder(question.prompt())
            .keys(new ProviderKeys(keys.anthropic(), keys.openrouter(), keys.e2b()))
            .files(InputFiles.of(question.files()));
    question.model().ifPresent(request::model);
    question.maxTurns().ifPresent(request::maxTurns);
    question.timeoutSeconds().ifPresent(request::timeoutSeconds);
    question.resume().ifPresent(request::resume);
    request.forkSession(question.fork());
    question.budgetUsd().ifPresent(request::maxBudgetUsd);
    if (question.keepSession()) {
      request.keepSession(true);
    }
    question.allowedTools().ifPresent(request::allowedTools);
    question.agent().ifPresent(request::agent);
    question.provider().ifPresent(request::provider);
    return request.build();
  }

  static Failure failure(RunRefusedException e) {
    String message = String.valueOf(e.getMessage());
    boolean noKey = message.startsWith("anthropic_api_key is required");
    return noKey
        ? new Failure(
            ExitCodes.ERROR,
            "no model to ask: neither ANTHROPIC_API_KEY nor another provider is set",
            "set it in the environment or in .env; `ds doctor` lists what can be set,"
                + " `ds demo` needs none")
        : new Failure(ExitCodes.ERROR, message, "");
  }
}
