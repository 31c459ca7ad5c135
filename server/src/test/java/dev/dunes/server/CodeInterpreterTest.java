package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.server.http.Json;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Code that runs in contexts of a sandbox, and what of it clients are told. E2B wire 2.10. */
class CodeInterpreterTest extends CodeCase {
  private void has(String program) throws Exception {
    String found = desk.shop.sh(desk.id, "command -v " + program).get("stdout").asString();
    assumeTrue(!found.isEmpty(), program + " is not installed");
  }

  private boolean hasModule(String module) throws Exception {
    return desk.shop.sh(desk.id, "python3 -c 'import " + module + "'").get("exitCode").asInt() == 0;
  }

  // ---- Python ----

  @Test
  void whatIsPrintedAndTheValueAreToldInOrder() throws Exception {
    CodeDesk.Said said =
        desk.python(
            "x = 20\nprint('hej \u00e5\uD83D\uDE00')\nimport sys\nprint('bad', file=sys.stderr)\nx + 1");
    assertThat(said.lines().stream().map(line -> line.get("type").asString()))
        .containsExactly("number_of_executions", "stdout", "stderr", "result", "end_of_execution");
    assertThat(said.count()).isEqualTo(1);
    assertThat(said.text("stdout")).isEqualTo("hej \u00e5\uD83D\uDE00\n");
    assertThat(said.of("stdout").getFirst().get("timestamp").asString()).endsWith("Z");
    assertThat(said.main())
        .isEqualTo(
            Json.object()
                .put("type", "result")
                .put("is_main_result", true)
                .<tools.jackson.databind.node.ObjectNode>set("extra", Json.object())
                .put("text", "21"));
    CodeDesk.Said next = desk.python("x");
    assertThat(next.count()).isEqualTo(2);
    assertThat(next.value()).isEqualTo("20");
  }

  @Test
  void aTextIsShownWithoutItsQuotes() throws Exception {
    assertThat(desk.python("'it is'").value()).isEqualTo("it is");
    assertThat(desk.python("None").of("result")).isEmpty();
    assertThat(desk.python("5;").of("result")).isEmpty();
  }

  @Test
  void whatOtherProgramsPrintIsToldToo() throws Exception {
    CodeDesk.Said said =
        desk.python(
            """
            import os, subprocess
            print('first')
            subprocess.run(['sh', '-c', 'echo second; echo third >&2'])
            os.write(1, b'fourth\\n')
            n = 5
            !echo line {n}; pwd
            x = !echo kept
            print(x)
            """);
    assertThat(said.text("stdout"))
        .isEqualTo("first\nsecond\nfourth\nline 5\n/home/user\n['kept']\n");
    assertThat(said.text("stderr")).isEqualTo("third\n");
  }

  @Test
  void anErrorIsToldWithItsTrueLines() throws Exception {
    JsonNode error =
        desk.run(
                Json.object()
                    .put("code", "def f(a):\n    return 1 / a\n\nf(0)")
                    .set("env_vars", Json.object().put("A", "x\ny")))
            .error();
    assertThat(error.get("name").asString()).isEqualTo("ZeroDivisionError");
    assertThat(error.get("value").asString()).isEqualTo("division by zero");
    assertThat(error.get("traceback").asString())
        .contains("Traceback (most recent call last)")
        .contains("Cell In[1], line 4")
        .contains("----> 4 f(0)")
        .contains("Cell In[1], line 2, in f(a)")
        .contains("----> 2     return 1 / a")
        .endsWith("ZeroDivisionError: division by zero")
        .doesNotContain("<kernel>");
    JsonNode syntax = desk.python("1 +").error();
    assertThat(syntax.get("name").asString()).isEqualTo("SyntaxError");
    assertThat(syntax.get("traceback").asString()).contains("Cell In[2], line 1");
    assertThat(desk.python("missing").error().get("value").asString())
        .isEqualTo("name 'missing' is not defined");
    assertThat(desk.python("import sys; sys.exit(3)").error().get("name").asString())
        .isEqualTo("SystemExit");
  }

  @Test
  void variablesHoldForOneRun() throws Exception {
    String value = "it's \"q\"\n\\ \u00e5 $HOME `x`";
    JsonNode shown =
        desk.run(
                Json.object()
                    .put(
                        "code",
                        "import os, json\n{'a': os.environ['A'], 'w': os.environ['SANDBOX_WIDE']}")
                    .set("env_vars", Json.object().put("A", value).put("SANDBOX_WIDE", "over")))
            .main();
    assertThat(shown.get("json").get("a").asString()).isEqualTo(value);
    assertThat(shown.get("json").get("w").asString()).isEqualTo("over");
    assertThat(desk.python("('A' in os.environ, os.environ['SANDBOX_WIDE'])").value())
        .isEqualTo("(False, 'yes')");
  }

  @Test
  void objectsAreShownInTheirForms() throws Exception {
    CodeDesk.Said said =
        desk.python(
            """
            class A:
                def __repr__(self): return 'an A'
                def _repr_html_(self): return '<b>A</b>'
                def _repr_png_(self): return b'\\x89PNG'
                def _repr_latex_(self): return None
                def _repr_svg_(self): raise ValueError('no picture')
            class B:
                def _repr_mimebundle_(self, include=None, exclude=None):
                    return {'text/plain': 'b', 'application/x-own': {'k': 1}}
            from IPython.display import HTML, Markdown
            display(A(), B())
            display(Markdown('*m*'))
            HTML('<i>x</i>')
            """);
    List<JsonNode> results = said.of("result");
    assertThat(results).hasSize(4);
    assertThat(results.get(0).get("html").asString()).isEqualTo("<b>A</b>");
    assertThat(results.get(0).get("png").asString())
        .isEqualTo(Base64.getEncoder().encodeToString(new byte[] {(byte) 0x89, 'P', 'N', 'G'}));
    assertThat(results.get(0).has("latex")).isFalse();
    assertThat(results.get(0).get("is_main_result").asBoolean()).isFalse();
    assertThat(said.text("stderr")).contains("ValueError: no picture");
    assertThat(results.get(1).get("extra"))
        .isEqualTo(Json.object().set("application/x-own", Json.object().put("k", 1)));
    assertThat(results.get(2).get("markdown").asString()).isEqualTo("*m*");
    assertThat(said.main().get("html").asString()).isEqualTo("<i>x</i>");
  }

  @Test
  void codeMayAwaitAndBeIndented() throws Exception {
    assertThat(
            desk.python(
                    "\n    import asyncio\n    await asyncio.sleep(0.01)\n    await asyncio.sleep(0, 'woken')\n    ")
                .value())
        .isEqualTo("woken");
    assertThat(desk.python("%pwd").value()).isEqualTo("/home/user");
    assertThat(desk.python("%nothing").error().get("name").asString()).isEqualTo("UsageError");
    assertThat(desk.python("%%bash\necho from bash").text("stdout")).isEqualTo("from bash\n");
  }

  @Test
  void figuresArePicturesAndData() throws Exception {
    assumeTrue(hasModule("matplotlib"), "matplotlib is not installed");
    CodeDesk.Said said =
        desk.python(
            """
            import matplotlib.pyplot as plt
            plt.plot([1, 2, 3], [2, 4, 9], label='grown')
            plt.title('T'); plt.xlabel('time (s)'); plt.ylabel('size [m]')
            plt.show()
            plt.bar(['a', 'b'], [3, 5]);
            """);
    assertThat(said.of("result")).hasSize(2);
    JsonNode line = said.of("result").getFirst();
    assertThat(Base64.getDecoder().decode(line.get("png").asString()))
        .startsWith(0x89, 'P', 'N', 'G');
    assertThat(line.get("extra").isEmpty()).isTrue();
    JsonNode chart = line.get("chart");
    assertThat(chart.get("type").asString()).isEqualTo("line");
    assertThat(chart.get("title").asString()).isEqualTo("T");
    assertThat(chart.get("x_unit").asString()).isEqualTo("s");
    assertThat(chart.get("y_unit").asString()).isEqualTo("m");
    assertThat(chart.get("x_scale").asString()).isEqualTo("linear");
    assertThat(chart.get("elements").get(0).get("label").asString()).isEqualTo("grown");
    assertThat(chart.get("elements").get(0).get("points").get(2).get(1).asInt()).isEqualTo(9);
    JsonNode bar = said.of("result").getLast().get("chart");
    assertThat(bar.get("type").asString()).isEqualTo("bar");
    assertThat(bar.get("elements").get(1))
        .isEqualTo(Json.object().put("label", "b").put("value", 5.0).put("group", "Group 0"));
    charts();
  }

  private void charts() throws Exception {
    JsonNode pie = desk.python("plt.pie([1, 3], labels=['a', 'b']);").of("result").getFirst();
    assertThat(pie.get("chart").get("type").asString()).isEqualTo("pie");
    assertThat(pie.get("chart").get("elements").get(0).get("angle").asDouble()).isEqualTo(90.0);
    JsonNode slices = desk.python("plt.pie([70, 20, 10]);").of("result").getFirst().get("chart");
    assertThat(slices.get("elements").get(0).get("angle").asDouble()).isEqualTo(252.0);
    assertThat(slices.get("elements").get(2).get("angle").asDouble()).isEqualTo(36.0);
    JsonNode box =
        desk.python(
                "plt.boxplot([[1, 2, 3, 4, 20], [2, 3, 4, 5]], patch_artist=True, labels=['A', 'B']);")
            .of("result")
            .getFirst()
            .get("chart");
    assertThat(box.get("type").asString()).isEqualTo("box_and_whisker");
    JsonNode first = box.get("elements").get(0);
    assertThat(first.get("label").asString()).isEqualTo("A");
    assertThat(first.get("min").asDouble()).isEqualTo(1);
    assertThat(first.get("median").asDouble()).isEqualTo(3);
    assertThat(first.get("max").asDouble()).isEqualTo(4);
    assertThat(first.get("outliers").get(0).asDouble()).isEqualTo(20);
    JsonNode scatter = desk.python("plt.scatter([1, 2], [3, 4]);").of("result").getFirst();
    assertThat(scatter.get("chart").get("type").asString()).isEqualTo("scatter");
    JsonNode both =
        desk.python("f, (a, b) = plt.subplots(1, 2); a.plot([1, 2]); b.bar(['x'], [1]);")
            .of("result")
            .getFirst()
            .get("chart");
    assertThat(both.get("type").asString()).isEqualTo("superchart");
    assertThat(both.get("elements").get(1).get("type").asString()).isEqualTo("bar");
  }

  /** There is no screen, so that pictures come to whoever runs the code, as with E2B. */
  @Test
  void picturesThatCodeShowsOrSavesAreShown() throws Exception {
    assumeTrue(hasModule("PIL"), "Pillow is not installed");
    desk.python("from PIL import Image\npicture = Image.new('RGB', (4, 4), 'red')");
    for (String code :
        List.of("picture", "picture.show()", "picture.save('/tmp/p.png')\nprint('saved')")) {
      CodeDesk.Said said = desk.python(code);
      assertThat(said.of("result")).as(code).hasSize(1);
      assertThat(Base64.getDecoder().decode(said.of("result").getFirst().get("png").asString()))
          .as(code)
          .startsWith(0x89, 'P', 'N', 'G');
    }
    // What a library saves for itself is nobody's result.
    desk.python(
        "open('/tmp/helper.py', 'w').write('def keep(p): p.save(\"/tmp/q.png\")')\nimport sys; sys.path.append('/tmp')");
    assertThat(desk.python("import helper\nhelper.keep(picture)").of("result")).isEmpty();
  }

  @Test
  void tablesAreData() throws Exception {
    assumeTrue(hasModule("pandas"), "pandas is not installed");
    JsonNode shown =
        desk.python(
                "import pandas as pd\npd.DataFrame({'a': [1, float('nan')], 't': pd.to_datetime(['2024-01-02', '2024-01-03'])})")
            .main();
    assertThat(shown.get("html").asString()).contains("<table");
    assertThat(shown.get("data").get("a").get(1).isNull()).isTrue();
    assertThat(shown.get("data").get("t").get(0).asString()).isEqualTo("2024-01-02T00:00:00");
  }

  // ---- other languages ----

  @Test
  void javaScriptKeepsWhatItHasAndMayAwait() throws Exception {
    has("node");
    assertThat(desk.run("js", "const x = 1; x + 1").value()).isEqualTo("2");
    assertThat(desk.run("javascript", "const x = await Promise.resolve(41); x + 1").value())
        .isEqualTo("42");
    assertThat(desk.run("js", "console.log('h\u00e9', x); console.error('bad')").text("stdout"))
        .isEqualTo("h\u00e9 41\n");
    assertThat(desk.run("js", "import { readFileSync } from 'fs'\ntypeof readFileSync").value())
        .isEqualTo("function");
    assertThat(desk.run("js", "(await import('node:os')).EOL === '\\n'").value()).isEqualTo("true");
    assertThat(desk.run("js", "({ a: [1] })").main().get("json"))
        .isEqualTo(Shop.json("{\"a\":[1]}"));
    assertThat(desk.run("js", "process.cwd()").value()).isEqualTo("/home/user");
    JsonNode error = desk.run("js", "function f() {\n  missing()\n}\nf()").error();
    assertThat(error.get("name").asString()).isEqualTo("ReferenceError");
    assertThat(error.get("traceback").asString()).contains("cell[8]:2:3").contains("cell[8]:4:1");
    assertThat(desk.run("js", "1 +").error().get("name").asString()).isEqualTo("SyntaxError");
    CodeDesk.Said late =
        desk.run(
            "js",
            "setTimeout(() => { throw new Error('late') }, 5); await new Promise(r => setTimeout(r, 100)); 1");
    assertThat(late.error().get("value").asString()).isEqualTo("late");
    assertThat(
            desk.run(
                    Json.object()
                        .put("code", "process.env.A")
                        .put("language", "js")
                        .set("env_vars", Json.object().put("A", "it's\n\\")))
                .value())
        .isEqualTo("it's\n\\");
    assertThat(desk.run("js", "process.env.A").of("result")).isEmpty();
  }

  @Test
  void typeScriptRunsWhereNodeCanElseItIsSaid() throws Exception {
    has("node");
    boolean can =
        desk.shop
                .sh(
                    desk.id,
                    "node -e 'process.exit(require(\"module\").stripTypeScriptTypes ? 0 : 1)'")
                .get("exitCode")
                .asInt()
            == 0;
    String code = "const message: string = 'Hello'; console.log(message)";
    if (can) {
      assertThat(desk.run("ts", code).text("stdout")).isEqualTo("Hello\n");
      return;
    }
    HttpResponse<String> answer =
        desk.send(
            "POST", "/execute", Json.object().put("code", code).put("language", "ts").toString());
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).contains("node").contains("22.13").contains("javascript");
  }

  @Test
  void bashIsOneShell() throws Exception {
    assertThat(desk.run("bash", "x=5; cd /tmp; f() { echo \"f $x\"; }").of("error")).isEmpty();
    assertThat(desk.run("bash", "f; pwd; echo bad >&2").text("stdout")).isEqualTo("f 5\n/tmp\n");
    JsonNode error = desk.run("bash", "false").error();
    assertThat(error.get("name").asString()).isEqualTo("ExitCode");
    assertThat(error.get("value").asString()).isEqualTo("1");
    assertThat(desk.run("bash", "printf 'no end'").text("stdout")).isEqualTo("no end");
    assertThat(desk.run("bash", "printf 'a\\0b'").text("stdout")).isEqualTo("a\0b");
    String value = "it's \"q\"\n\\ $HOME";
    assertThat(
            desk.run(
                    Json.object()
                        .put("code", "printf %s \"$A\"; SANDBOX_WIDE=$SANDBOX_WIDE")
                        .put("language", "bash")
                        .set("env_vars", Json.object().put("A", value).put("SANDBOX_WIDE", "o")))
                .text("stdout"))
        .isEqualTo(value);
    assertThat(desk.run("bash", "echo ${A-gone} $SANDBOX_WIDE").text("stdout"))
        .isEqualTo("gone yes\n");
    assertThat(desk.run("bash", "cat; echo read nothing").text("stdout"))
        .isEqualTo("read nothing\n");
  }

  @Test
  void aLanguageThatCannotBeRunIsSaid() throws Exception {
    HttpResponse<String> answer =
        desk.send("POST", "/execute", "{\"code\":\"1\",\"language\":\"cobol\"}");
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).contains("cobol").contains("python, javascript, typescript, bash");
    // The one of E2B that has no kernel here has another way, which is said.
    assertThat(desk.send("POST", "/execute", "{\"code\":\"1\",\"language\":\"R\"}").body())
        .contains("R", "Rscript FILE");
    HttpResponse<String> context = desk.send("POST", "/contexts", "{\"language\":\"R\"}");
    assertThat(context.statusCode()).isEqualTo(500);
    assertThat(context.body()).contains("R", "Rscript FILE");
  }

  // ---- contexts ----

  @Test
  void contextsAreMadeListedRestartedAndRemoved() throws Exception {
    JsonNode first = desk.contexts("GET", "", Json.object());
    assertThat(first.get(0).get("language").asString()).isEqualTo("python");
    JsonNode made =
        desk.contexts("POST", "", Json.object().put("language", "PYTHON").put("cwd", "/tmp"));
    assertThat(made.get("language").asString()).isEqualTo("python");
    assertThat(made.get("cwd").asString()).isEqualTo("/tmp");
    String id = made.get("id").asString();
    assertThat(desk.contexts("GET", "", Json.object()).get(first.size())).isEqualTo(made);
    assertThat(
            desk.run(
                    Json.object()
                        .put("code", "import os\ny = 1\nos.getcwd()")
                        .put("context_id", id))
                .value())
        .isEqualTo("/tmp");
    assertThat(desk.python("y").error().get("name").asString()).isEqualTo("NameError");
    assertThat(desk.contexts("POST", "/" + id + "/restart", Json.object()).isNull()).isTrue();
    CodeDesk.Said anew = desk.run(Json.object().put("code", "y").put("context_id", id));
    assertThat(anew.count()).isEqualTo(1);
    assertThat(anew.error().get("value").asString()).isEqualTo("name 'y' is not defined");
    assertThat(desk.contexts("DELETE", "/" + id, Json.object()).isNull()).isTrue();
    assertThat(desk.contexts("GET", "", Json.object())).hasSize(first.size());
    refused(404, "Context " + id + " not found", "{\"code\":\"1\",\"context_id\":\"" + id + "\"}");
    assertThat(desk.send("DELETE", "/contexts/" + id, "").statusCode()).isEqualTo(404);
    assertThat(desk.send("POST", "/contexts/" + id + "/restart", "").statusCode()).isEqualTo(404);
  }

  /** Also when nobody has listed them before. */
  @Test
  void aContextComesAfterThoseThatWereThere() throws Exception {
    String id = desk.contexts("POST", "", Json.object()).get("id").asString();
    JsonNode all = desk.contexts("GET", "", Json.object());
    assertThat(all.get(0).get("language").asString()).isEqualTo("python");
    assertThat(all.get(all.size() - 1).get("id").asString()).isEqualTo(id);
  }

  private void refused(int status, String message, String body) throws Exception {
    HttpResponse<String> answer = desk.send("POST", "/execute", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).contains(message);
    assertThat(answer.headers().firstValue("content-type").orElseThrow()).startsWith("text/plain");
  }

  @Test
  void whatMakesNoSenseIsRefused() throws Exception {
    refused(
        400,
        "Only one of context_id or language can be provided",
        "{\"code\":\"1\",\"context_id\":\"a\",\"language\":\"python\"}");
    refused(400, "code is required", "{}");
    refused(400, "not JSON", "{");
    refused(400, "env_vars", "{\"code\":\"1\",\"env_vars\":{\"a b\":\"c\"}}");
    refused(400, "env_vars.A", "{\"code\":\"1\",\"env_vars\":{\"A\":1}}");
    refused(400, "NUL", "{\"code\":\"a\\u0000b\",\"language\":\"bash\"}");
    refused(404, "Context nothing not found", "{\"code\":\"1\",\"context_id\":\"nothing\"}");
    HttpResponse<String> cwd = desk.send("POST", "/contexts", "{\"cwd\":\"/nowhere\"}");
    assertThat(cwd.statusCode()).isEqualTo(500);
    assertThat(cwd.body()).isEqualTo("cwd '/nowhere' does not exist");
    assertThat(desk.send("GET", "/nothing", "").statusCode()).isEqualTo(404);
  }

  @Test
  void namesOfTheKernelAreFreeForCells() throws Exception {
    has("node");
    for (String name : new String[] {"fs", "data", "path", "send", "queue", "session"}) {
      assertThat(desk.run("js", "const %s = '%s'; %s".formatted(name, name, name)).value())
          .isEqualTo(name);
    }
  }

  @Test
  void healthIsOk() throws Exception {
    HttpResponse<String> answer = desk.send("GET", "/health", "");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("\"OK\"");
  }

  @Test
  void aSecureSandboxWantsItsTokenForCode() throws Exception {
    JsonNode made = desk.shop.create(Json.object().put("secure", true));
    String id = made.get("sandboxID").asString();
    String body = "{\"code\":\"6 * 7\"}";
    HttpResponse<String> without =
        desk.shop.shop.send(
            "POST", "/execute", body, "e2b-sandbox-id", id, "e2b-sandbox-port", "49999");
    assertThat(without.statusCode()).isEqualTo(401);
    HttpResponse<String> with =
        desk.shop.shop.send(
            "POST",
            "/execute",
            body,
            "e2b-sandbox-id",
            id,
            "e2b-sandbox-port",
            "49999",
            "x-access-token",
            made.get("envdAccessToken").asString());
    assertThat(CodeDesk.said(with.body()).value()).isEqualTo("42");
    HttpResponse<String> list =
        desk.shop.shop.send(
            "GET", "/contexts", "", "e2b-sandbox-id", id, "e2b-sandbox-port", "49999");
    assertThat(list.statusCode()).isEqualTo(200);
  }
}
