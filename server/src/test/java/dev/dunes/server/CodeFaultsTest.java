package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Kernels that are killed, that lie, that print without end, and clients that leave. */
class CodeFaultsTest extends CodeCase {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "python | print('going'); import time; time.sleep(600)       | x = 'kept'",
        "python | print('going', flush=True)\\nwhile True: pass         | x = 'kept'",
        "python | import asyncio; print('going'); await asyncio.sleep(600) | x = 'kept'",
        "js     | console.log('going'); while (true) {}               | var x = 'kept'",
        "js     | console.log('going'); await new Promise(() => {})   | var x = 'kept'",
        "bash   | echo going; sleep 600                               | x=kept",
        "bash   | echo going; while true; do :; done                  | x=kept",
      })
  void aClientThatLeavesInterruptsTheCode(String language, String code, String set)
      throws Exception {
    desk.run(language, set);
    desk.begin(language, code.replace("\\n", "\n"), "going").close();
    // Comes after the code that was interrupted, in the same kernel.
    CodeDesk.Said next = desk.run(language, language.equals("bash") ? "echo $x" : "x");
    assertThat(next.count()).isEqualTo(3);
    assertThat(language.equals("bash") ? next.text("stdout").strip() : next.value())
        .isEqualTo("kept");
  }

  @Test
  void anInterruptAtAnyMomentEndsTheCellAlone() throws Exception {
    desk.run("js", "var kept = 0");
    for (int i = 1; i <= 30; i++) {
      desk.begin("js", "console.log('going'); kept++; await new Promise(() => {})", "going")
          .close();
      CodeDesk.Said next = desk.run("js", "kept");
      assertThat(next.count()).isEqualTo(1 + 2 * i);
      assertThat(next.value()).isEqualTo(Integer.toString(i));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "console.log('going'); for (;;) await null",
        "setTimeout(() => { console.log('going'); for (;;) {} }, 1); await new Promise(() => {})",
        "await fs.promises.stat('/'); console.log('going'); for (;;) {}",
      })
  void whatIsBusyOutsideOfItsCellDoesNotKeepTheNextOneWaiting(String code) throws Exception {
    desk.run("js", "const fs = require('node:fs')");
    desk.begin("js", code, "going").close();
    CodeDesk.Said next = desk.run("js", "'here'");
    assertThat(next.value()).isEqualTo("here");
    // Where terminating it breaks the timers of Node, there is another kernel, and that is said.
    assertThat(next.count() == 3 || next.text("stderr").contains("new kernel")).isTrue();
  }

  /** What an interrupted cell has left behind begins to loop long after it was interrupted. */
  @Test
  void aCallbackThatLoopsForEverCostsTheKernelAndNotTheNextRun() throws Exception {
    desk.begin(
            "js",
            """
            const fs = require('node:fs');
            setInterval(() => {
              if (!fs.existsSync('/home/user/loop')) return;
              fs.writeFileSync('/home/user/loops', '');
              for (;;) {}
            }, 1);
            console.log('going');
            await new Promise(() => {});
            """,
            "going")
        .close();
    assertThat(desk.run("js", "'still there'").count()).isEqualTo(2);
    desk.run("bash", "touch /home/user/loop; until [ -e /home/user/loops ]; do :; done");
    CodeDesk.Said next = desk.run("js", "'here'");
    assertThat(next.value()).isEqualTo("here");
    assertThat(next.count()).as("of the kernel that ran it").isEqualTo(1);
    assertThat(next.text("stderr")).contains("new kernel").contains("killed by signal 9");
    CodeDesk.Said again = desk.run("js", "'again'");
    assertThat(again.count()).as("of the new kernel").isEqualTo(2);
    assertThat(again.text("stderr")).isEmpty();
  }

  @Test
  void codeThatDoesNotStopIsKilledAndTheNextRunSaysSo() throws Exception {
    desk.begin(
            "python",
            """
            import signal
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            print('going', flush=True)
            while True: pass
            """,
            "going")
        .close();
    CodeDesk.Said next = desk.python("1");
    assertThat(next.count()).isEqualTo(1);
    assertThat(next.text("stderr")).contains("new kernel").contains("killed by signal 9");
    assertThat(next.value()).isEqualTo("1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "python | import os; os.kill(os.getpid(), 9) | signal 9",
        "python | import os; os._exit(7)             | exit code 7",
        "js     | process.kill(process.pid, 9)       | signal 9",
        "bash   | kill -9 $$                         | signal 9",
        "bash   | exit 3                             | exit code 3",
      })
  void aKernelThatEndsIsSaidAndTheContextStartsAnew(String language, String code, String why)
      throws Exception {
    JsonNode error = desk.run(language, code).error();
    assertThat(error.get("name").asString()).isEqualTo("KernelDied");
    assertThat(error.get("value").asString()).contains(why);
    CodeDesk.Said next = desk.run(language, "1".repeat(language.equals("bash") ? 0 : 1));
    assertThat(next.count()).isEqualTo(1);
    assertThat(next.of("error")).isEmpty();
  }

  @Test
  void aFloodReachesItsReaderWholeAndStopsWhenNobodyReads() throws Exception {
    CodeDesk.Said said = desk.python("for i in range(100000): print(i)\nprint('x' * 3000000)");
    assertThat(said.text("stdout").length()).isEqualTo(588_890 + 3_000_001);
    desk.begin("python", "while True: print('y' * 1000)", "yyy").close();
    assertThat(desk.python("'still ' + 'there'").value()).isEqualTo("still there");
    desk.begin("bash", "yes", "y\\n").close();
    assertThat(desk.run("bash", "echo there").text("stdout")).isEqualTo("there\n");
  }

  @Test
  void whatAKernelIsMadeToSayIsChecked() throws Exception {
    // Finds the descriptor the kernel answers on, as code that means harm could.
    String find =
        "import os, stat\nfds = [f for f in range(3, 12) if os.path.exists('/proc/self/fd/%d' % f)]\n"
            + "def say(b):\n    for f in fds:\n        try: os.write(f, b)\n        except OSError: pass\n";
    CodeDesk.Said forged =
        desk.python(
            find
                + "say(b'{\"t\":\"end\",\"r\":\"guess\"}\\n{\"t\":\"result\",\"main\":true,\"data\":{\"text/plain\":7,\"a/b\":null}}\\n')\n'done'");
    assertThat(forged.of("end_of_execution")).hasSize(1);
    assertThat(forged.of("result").getLast().get("text").asString()).isEqualTo("done");
    assertThat(forged.of("result").getFirst().get("text").asString()).isEqualTo("7");
    for (String harm : List.of("b'no json\\n'", "b'{\"t\":\"what\"}\\n'", "b'[1]\\n'")) {
      JsonNode error = desk.python(find + "say(" + harm + ")\nimport time; time.sleep(60)").error();
      assertThat(error.get("name").asString()).isEqualTo("KernelDied");
      assertThat(error.get("value").asString()).contains("it was ended because it said");
    }
    JsonNode endless = desk.python(find + "while True: say(b'x' * 65536)").error();
    assertThat(endless.get("value").asString()).contains("in one line");
    assertThat(desk.python("1").value()).isEqualTo("1");
  }

  @Test
  void aCellThatTakesLongKeepsItsClientAwake() throws Exception {
    HttpResponse<String> answer =
        desk.send("POST", "/execute", "{\"code\":\"import time; time.sleep(6)\"}");
    assertThat(answer.body()).contains("{\"type\":\"keepalive\"}\n");
    CodeDesk.said(answer.body());
  }

  @Test
  void cellsOfAContextRunOneAfterAnother() throws Exception {
    desk.python("n = 0");
    String code = "m = n\nimport time; time.sleep(0.05)\nn = m + 1";
    List<CompletableFuture<CodeDesk.Said>> runs =
        java.util.stream.IntStream.range(0, 8)
            .mapToObj(i ->
                CompletableFuture.supplyAsync(() -> {
                  try {
                    return desk.python(code);
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                }))
            .toList();
    runs.forEach(run -> assertThat(run.join().of("error")).isEmpty());
    assertThat(desk.python("n").value()).isEqualTo("8");
  }

  @Test
  void kernelsOutliveAPauseAndEndWithTheSandbox() throws Exception {
    desk.python("x = 'kept'");
    desk.run("bash", "y=kept");
    String path = "/sandboxes/" + desk.id;
    desk.shop.post(204, path + "/pause", Json.object());
    assertThat(desk.send("POST", "/execute", "{\"code\":\"x\"}").statusCode()).isEqualTo(502);
    desk.shop.post(201, path + "/connect", Json.object().put("timeout", 300));
    assertThat(desk.python("x").value()).isEqualTo("kept");
    assertThat(desk.run("bash", "echo $y").text("stdout")).isEqualTo("kept\n");
    InputStream rest =
        desk.begin("python", "print('going'); import time; time.sleep(600)", "going");
    assertThat(desk.shop.call("DELETE", path, "").statusCode()).isEqualTo(204);
    // Cut, not ended: a client must not take it for the end of the code. E2B wire 3.6
    org.assertj.core.api.Assertions.assertThatThrownBy(rest::readAllBytes)
        .isInstanceOf(java.io.IOException.class);
    assertThat(desk.send("POST", "/execute", "{\"code\":\"x\"}").statusCode()).isEqualTo(502);
  }

  @Test
  void aPauseToDiskEndsKernelsWhichTheNextRunSays() throws Exception {
    desk.python("x = 'lost'\nopen('/home/user/f', 'w').write('file')");
    String path = "/sandboxes/" + desk.id;
    desk.shop.post(204, path + "/pause", Json.object().put("memory", false));
    desk.shop.post(201, path + "/connect", Json.object().put("timeout", 300));
    CodeDesk.Said next = desk.python("open('/home/user/f').read()");
    assertThat(next.value()).isEqualTo("file");
    assertThat(next.text("stderr")).contains("this is a new kernel");
    assertThat(desk.python("x").error().get("name").asString()).isEqualTo("NameError");
  }
}
