package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.hosting.BuildPlan.Kind;
import dev.dunes.hosting.BuildPlan.Step;
import dev.dunes.hosting.TemplateBuild.Status;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Templates that accounts build, in real sandboxes. E2B wire 2.4. */
class TemplateBuildTest {
  @TempDir Path directory;
  private Hosting hosting;
  private Account account;
  private TemplateBuilds builds;

  @BeforeEach
  void open() {
    open(Duration.ofMinutes(5), AccountLimits.DEFAULT);
  }

  private void open(Duration limit, AccountLimits limits) {
    hosting = new Hosting(Ground.config(directory).limits(limits).buildLimit(limit).build());
    account = hosting.mainAccount();
    builds = hosting.builds();
  }

  @AfterEach
  void close() {
    Ground.clear(hosting, account);
    builds.list(account).forEach(template -> builds.delete(account, template.id()));
    hosting.close();
  }

  private static Step step(Kind kind, String... args) {
    return new Step(kind, List.of(args), Optional.empty());
  }

  private Step copy(byte[] archive, String... args) throws Exception {
    String hash = Tar.hash(archive);
    builds.keepFiles(builds.inviteFiles(account, hash), new ByteArrayInputStream(archive));
    assertThat(builds.hasFiles(account, hash)).isTrue();
    return new Step(Kind.COPY, List.of(args), Optional.of(hash));
  }

  private static BuildPlan plan(Step... steps) {
    return new BuildPlan(
        Optional.empty(), Optional.of("base"), Optional.empty(), Optional.empty(), List.of(steps));
  }

  private TemplateBuild build(String name, BuildPlan plan) {
    TemplateBuilds.Requested asked =
        builds.request(account, name, List.of(), Optional.empty(), Optional.empty());
    String template = asked.template().id();
    builds.start(account, template, asked.build(), plan);
    Ground.await(
        "the build ends",
        () -> builds.get(account, template).build(asked.build()).orElseThrow().status().last());
    return builds.get(account, template).build(asked.build()).orElseThrow();
  }

  private TemplateBuild ready(String name, BuildPlan plan) {
    TemplateBuild done = build(name, plan);
    assertThat(done.reason()).isEmpty();
    assertThat(done.status()).isEqualTo(Status.READY);
    return done;
  }

  private TemplateBuild.Reason failed(BuildPlan plan) {
    TemplateBuild done = build("failing", plan);
    assertThat(done.status()).isEqualTo(Status.ERROR);
    assertThat(done.saved()).isEmpty();
    return done.reason().orElseThrow();
  }

  private String log(String name, TemplateBuild build) {
    List<String> lines = new ArrayList<>();
    builds
        .log(account, name, build.id())
        .lines(BuildLog.Level.DEBUG, 0, 1000)
        .forEach(line -> lines.add(line.step() + ": " + line.message()));
    return String.join("\n", lines);
  }

  private String sh(String template, String line) {
    HostedSandbox made = hosting.create(account, SandboxRequest.of(template));
    return Ground.sh(hosting, account, made.id(), line);
  }

  @Test
  void whatIsBuiltIsInEverySandbox() throws Exception {
    byte[] archive =
        new Tar().file("src/a.txt", "A").file("src/deep/b.txt", "B").file("one.txt", "1").zipped();
    TemplateBuild done =
        ready(
            "App",
            plan(
                step(Kind.ENV, "NAME", "world", "GREETING", "hello $NAME from ${HOME}"),
                step(Kind.WORKDIR, "app"),
                copy(archive, "src", "files/", "", ""),
                copy(archive, "one.txt", "renamed.txt", "", "0600"),
                copy(archive, "src/*.txt", "/workspace/flat", "", ""),
                step(Kind.RUN, "echo \"$GREETING\" > said && echo built", "root")));
    assertThat(log("app", done))
        .contains("[1/6] ENV NAME world")
        .contains("6: built")
        .contains("6: there is no user 'root'")
        .contains("finalize: ready");
    assertThat(sh("app", "pwd; cat said; cat files/a.txt files/deep/b.txt; stat -c %a renamed.txt"))
        .isEqualTo("/home/user/app\nhello world from /home/user\nAB600\n");
    assertThat(sh("team/app:default", "cat /workspace/flat/a.txt; echo \"$GREETING\""))
        .isEqualTo("Ahello world from /home/user\n");
    BuildPlan above =
        new BuildPlan(
            Optional.empty(),
            Optional.of("app"),
            Optional.empty(),
            Optional.empty(),
            List.of(step(Kind.RUN, "cp said again")));
    ready("above", above);
    assertThat(sh("above", "cat again; echo $NAME"))
        .isEqualTo("hello world from /home/user\nworld\n");
  }

  @Test
  void aProgramMayBeInApp() throws Exception {
    byte[] archive = new Tar().file("main.sh", "echo of $PWD").zipped();
    ready(
        "below",
        plan(
            step(Kind.WORKDIR, "/app"),
            copy(archive, "main.sh", ".", "", ""),
            step(Kind.RUN, "mkdir data && echo 1 > data/one")));
    assertThat(sh("below", "pwd; sh main.sh; cat data/one; echo 2 > data/one; cat data/one"))
        .isEqualTo("/app\nof /app\n1\n2\n");
    BuildPlan again =
        new BuildPlan(
            Optional.empty(),
            Optional.of("below"),
            Optional.empty(),
            Optional.empty(),
            List.of(step(Kind.RUN, "rm main.sh && ls /app > /app/list")));
    ready("above", again);
    assertThat(sh("above", "cat list; cat data/one")).isEqualTo("data\nlist\n1\n");
  }

  @Test
  void aStepThatFailsIsNamed() throws Exception {
    TemplateBuild.Reason reason =
        failed(plan(step(Kind.RUN, "true"), step(Kind.RUN, "echo so >&2; exit 7")));
    assertThat(reason.step()).isEqualTo("2");
    assertThat(reason.message()).contains("exit code 7");
    BuiltTemplate template = builds.get(account, "failing");
    assertThat(log("failing", template.latest().orElseThrow())).contains("2: so");
    assertThatThrownBy(() -> hosting.create(account, SandboxRequest.of("failing")))
        .hasMessageContaining("unknown template: failing");
    assertThat(failed(plan(step(Kind.RUN, "touch /usr/x"))).step()).isEqualTo("1");
    TemplateBuild.Reason lost =
        failed(plan(new Step(Kind.COPY, List.of("a", "b"), Optional.of("0".repeat(64)))));
    assertThat(lost.message()).contains("not uploaded");
  }

  /** What is directly below the root: whoever wants it is told where to go instead. */
  @Test
  void aDirectoryThatCannotBeIsAnErrorWithARemedy() throws Exception {
    byte[] archive = new Tar().file("a.txt", "A").zipped();
    for (Step step :
        List.of(
            step(Kind.RUN, "mkdir -p /data"),
            step(Kind.WORKDIR, "/srv/x"),
            copy(archive, "a.txt", "/opt/x/", "", ""))) {
      TemplateBuild.Reason reason = failed(plan(step(Kind.RUN, "true"), step));
      assertThat(reason.step()).isEqualTo("2");
      assertThat(reason.message())
          .contains("read-only")
          .contains("use directories below /home/user, /workspace or /app");
    }
    assertThat(failed(plan(step(Kind.RUN, "false"))).message()).doesNotContain("read-only");
  }

  @Test
  void anImageOfARegistryIsSaidToNeedMore() {
    TemplateBuild.Reason reason =
        failed(
            new BuildPlan(
                Optional.of("python:3.12"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of()));
    assertThat(reason.step()).isEqualTo("base");
    assertThat(reason.message()).contains("python:3.12").contains("provider that runs images");
    assertThat(
            failed(
                    new BuildPlan(
                        Optional.empty(),
                        Optional.of("nothing"),
                        Optional.empty(),
                        Optional.empty(),
                        List.of()))
                .message())
        .contains("unknown template: nothing");
    ready(
        "image",
        new BuildPlan(
            Optional.of("e2bdev/base:latest"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of()));
  }

  /** Also those that come after others. */
  @Test
  void aBuildThatWasStartedIsBeingBuilt() {
    List<TemplateBuilds.Requested> asked = new ArrayList<>();
    for (String name : List.of("one", "two", "three")) {
      asked.add(builds.request(account, name, List.of(), Optional.empty(), Optional.empty()));
    }
    for (TemplateBuilds.Requested each : asked) {
      builds.start(account, each.template().id(), each.build(), plan(step(Kind.RUN, "sleep 2")));
      assertThat(status(each)).isEqualTo(Status.BUILDING);
    }
    for (TemplateBuilds.Requested each : asked) {
      Ground.await("the build ends", () -> status(each).last());
      assertThat(status(each)).isEqualTo(Status.READY);
    }
  }

  private Status status(TemplateBuilds.Requested asked) {
    return builds.get(account, asked.template().id()).build(asked.build()).orElseThrow().status();
  }

  @Test
  void aUserThatIsNotThereRunsNothing() {
    TemplateBuild.Reason reason = failed(plan(step(Kind.RUN, "whoami", "nobody-here")));
    assertThat(reason.step()).isEqualTo("1");
    assertThat(reason.message())
        .isEqualTo(
            "failed to run command 'whoami': command failed: unauthenticated: invalid username: 'nobody-here'");
    ready("users", plan(step(Kind.USER, "app"), step(Kind.RUN, "true", "app")));
    ready("root", plan(step(Kind.RUN, "true", "root")));
  }

  @Test
  void aBuildHasADeadline() {
    hosting.close();
    open(Duration.ofSeconds(3), AccountLimits.DEFAULT);
    TemplateBuild.Reason reason = failed(plan(step(Kind.RUN, "true"), step(Kind.RUN, "sleep 600")));
    assertThat(reason.step()).isEqualTo("2");
    assertThat(reason.message()).contains("longer than it may");
    TemplateBuild.Reason never =
        failed(
            new BuildPlan(
                Optional.empty(),
                Optional.of("base"),
                Optional.of("sleep 600"),
                Optional.of("false"),
                List.of()));
    assertThat(never.step()).isEqualTo("finalize");
  }

  @Test
  void whatIsStartedRunsInEverySandbox() {
    ready(
        "served",
        new BuildPlan(
            Optional.empty(),
            Optional.of("base"),
            Optional.of("echo started > /tmp/started; sleep 600"),
            Optional.of("test -f /tmp/started"),
            List.of()));
    assertThat(sh("served", "cat /tmp/started")).isEqualTo("started\n");
  }

  @Test
  void archivesThatMeanHarmFailTheirStep() throws Exception {
    Path outside = directory.resolve("outside");
    for (Tar bad :
        List.of(
            new Tar().file("../../../../../../../../../../" + outside, "x"),
            new Tar().file("/tmp/absolute", "x").file("../up", "x"),
            new Tar().link("src", "/home/user").file("src/through", "x"))) {
      TemplateBuild.Reason reason =
          failed(plan(step(Kind.RUN, "true"), copy(bad.zipped(), "src", "dest/", "", "")));
      assertThat(reason.step()).isEqualTo("2");
    }
    assertThat(outside).doesNotExist();
    assertThat(failed(plan(copy(new Tar().file("a", "x").zipped(), "../a", "b", "", ""))).message())
        .contains("leads out of the archive");
    assertThat(failed(plan(copy("no archive".getBytes(), "a", "b", "", ""))).step()).isEqualTo("1");
  }

  @Test
  void aLinkOfAnArchiveIsCopiedAsALink() throws Exception {
    byte[] archive = new Tar().link("out", "/etc/passwd").file("a", "x").plain();
    ready("linked", plan(copy(archive, ".", "/workspace/", "", "")));
    assertThat(sh("linked", "readlink /workspace/out; cat /workspace/a"))
        .isEqualTo("/etc/passwd\nx");
  }

  @Test
  void aBombIsNoBuild() throws Exception {
    hosting.close();
    open(Duration.ofMinutes(5), AccountLimits.DEFAULT.with(java.util.Map.of("disk", "64")));
    byte[] bomb = new Tar().zeros("zeros", 80 << 20).zipped();
    assertThat(bomb.length).isLessThan(1 << 20);
    TemplateBuild.Reason reason = failed(plan(copy(bomb, "zeros", "zeros", "", "")));
    assertThat(reason.step()).isEqualTo("1");
  }

  @Test
  void tagsMeanBuilds() {
    TemplateBuild first = ready("tagged:v1", plan(step(Kind.RUN, "echo 1 > n")));
    builds.assign(account, "tagged:v1", List.of("stable"));
    ready("tagged:v1", plan(step(Kind.RUN, "echo 2 > n")));
    assertThat(sh("tagged:stable", "cat n")).isEqualTo("1\n");
    assertThat(sh("tagged:v1", "cat n")).isEqualTo("2\n");
    assertThatThrownBy(() -> hosting.create(account, SandboxRequest.of("tagged")))
        .hasMessageContaining("unknown template: tagged");
    builds.unassign(account, "tagged", List.of("stable"));
    assertThat(builds.get(account, "tagged").build(first.id()).orElseThrow().saved())
        .as("what no tag means is not kept")
        .isEmpty();
    assertThatThrownBy(() -> builds.unassign(account, "tagged", List.of("stable")))
        .hasMessageContaining("no such tag");
    assertThatThrownBy(() -> builds.assign(account, "tagged:none", List.of("x")))
        .hasMessageContaining("not found");
  }

  @Test
  void templatesAreTheirAccountsAndOutliveTheServer() throws Exception {
    ready("mine", plan(step(Kind.RUN, "echo mine > n")));
    Account other = new Account("other", account.limits());
    assertThat(builds.find(other, "mine")).isEmpty();
    assertThatThrownBy(() -> hosting.create(other, SandboxRequest.of("mine")))
        .hasMessageContaining("unknown template");
    assertThatThrownBy(
            () -> builds.request(account, "base", List.of(), Optional.empty(), Optional.empty()))
        .hasMessageContaining("comes with the server");
    hosting.close();
    open();
    assertThat(sh("mine", "cat n")).isEqualTo("mine\n");
    assertThat(builds.delete(account, "mine")).isTrue();
    assertThat(builds.delete(account, "mine")).isFalse();
    assertThatThrownBy(() -> hosting.create(account, SandboxRequest.of("mine")))
        .hasMessageContaining("unknown template");
    assertThat(Files.readString(directory.resolve("hosting/templates/built.json"))).isEqualTo("[]");
  }

  @Test
  void anUploadIsKeptOnceAndByItsName() throws Exception {
    byte[] archive = new Tar().file("a", "x").zipped();
    String token = builds.inviteFiles(account, Tar.hash(archive));
    builds.keepFiles(token, new ByteArrayInputStream(archive));
    assertThat(builds.invited(token)).isEmpty();
    assertThatThrownBy(() -> builds.keepFiles(token, new ByteArrayInputStream(archive)))
        .hasMessageContaining("done already");
    for (String hash : List.of("../../etc/passwd", "", "A".repeat(64))) {
      assertThatThrownBy(() -> builds.inviteFiles(account, hash))
          .hasMessageContaining("a files hash is");
    }
  }
}
