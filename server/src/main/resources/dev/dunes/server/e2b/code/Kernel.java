import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.ExpressionSnippet;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.UnresolvedReferenceException;
import jdk.jshell.VarSnippet;

/**
 * Runs cells of Java for the host, one after another, in one JShell that lasts, in this process.
 *
 * Requests come as lines of JSON on standard input, read by a thread of its own: it can stop a cell
 * that runs. Answers leave as lines of JSON on standard output; what cells print becomes answers.
 * Written for JDK 11 and later.
 */
public final class Kernel {
  private static final int LONGEST_ANSWER = 24 << 20;
  private static final int LONGEST_TEXT = 64 << 10;
  private static final String IMPORTS =
      "import java.io.*; import java.math.*; import java.net.*; import java.nio.file.*;"
          + " import java.time.*; import java.util.*; import java.util.concurrent.*;"
          + " import java.util.function.*; import java.util.regex.*; import java.util.stream.*;";

  private static final OutputStream OUT = new FileOutputStream(FileDescriptor.out);
  private static final PrintStream STDOUT = printer("stdout");
  private static final PrintStream STDERR = printer("stderr");

  private final JShell shell =
      JShell.builder().executionEngine("local").out(STDOUT).err(STDERR).build();
  /** Of the request that came last. */
  private volatile boolean interrupted;

  private volatile CountDownLatch ended = new CountDownLatch(0);

  public static void main(String[] arguments) throws Exception {
    System.setIn(new FileInputStream("/dev/null"));
    System.setOut(STDOUT);
    System.setErr(STDERR);
    // The host says by a line what is to be stopped; the signal alone would end this process.
    sun.misc.Signal.handle(new sun.misc.Signal("INT"), signal -> {});
    // Where E2B's kernel has the variables of the sandbox.
    System.getenv().forEach((name, value) -> {
      if (System.getProperty(name) == null) {
        System.setProperty(name, value);
      }
    });
    new Kernel().serve();
  }

  private void serve() throws Exception {
    for (String line : IMPORTS.split("(?<=;) ?")) {
      shell.eval(line);
    }
    LinkedBlockingQueue<Map<String, Object>> requests = new LinkedBlockingQueue<>();
    Thread reader = new Thread(() -> read(requests), "requests");
    reader.setDaemon(true);
    reader.start();
    send("ready", new LinkedHashMap<>());
    while (true) {
      run(requests.take());
    }
  }

  private void read(LinkedBlockingQueue<Map<String, Object>> requests) {
    try (FileInputStream in = new FileInputStream(FileDescriptor.in)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      byte[] part = new byte[1 << 16];
      for (int count = in.read(part); count >= 0; count = in.read(part)) {
        for (int i = 0; i < count; i++) {
          if (part[i] != '\n') {
            line.write(part[i]);
            continue;
          }
          Map<String, Object> request =
              new Json(new String(line.toByteArray(), StandardCharsets.UTF_8)).object();
          line.reset();
          if (request.containsKey("interrupt")) {
            interrupt();
          } else {
            interrupted = false;
            ended = new CountDownLatch(1);
            requests.add(request);
          }
        }
      }
    } catch (IOException | InterruptedException e) {
      // nobody asks for anything any more
    }
    Runtime.getRuntime().halt(0);
  }

  /** Stopping has no effect between two snippets of a cell. */
  private void interrupt() throws InterruptedException {
    interrupted = true;
    do {
      shell.stop();
    } while (!ended.await(50, TimeUnit.MILLISECONDS));
  }

  // ---- cells ----

  private void run(Map<String, Object> request) {
    Map<String, String> before = new LinkedHashMap<>();
    variables(request).forEach((name, value) -> before.put(name, System.setProperty(name, value)));
    try {
      cell(String.valueOf(request.get("code")));
    } catch (RuntimeException | Error e) {
      error(e.getClass().getName(), String.valueOf(e.getMessage()), e.toString());
    } finally {
      ended.countDown();
      STDOUT.flush();
      STDERR.flush();
      before.forEach((name, value) -> {
        if (value == null) {
          System.clearProperty(name);
        } else {
          System.setProperty(name, value);
        }
      });
      Map<String, Object> end = new LinkedHashMap<>();
      end.put("r", request.get("r"));
      send("end", end);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, String> variables(Map<String, Object> request) {
    return (Map<String, String>) request.getOrDefault("env", Map.of());
  }

  private void cell(String code) {
    String rest = code;
    while (!rest.isBlank()) {
      SourceCodeAnalysis.CompletionInfo part = shell.sourceCodeAnalysis().analyzeCompletion(rest);
      boolean whole = part.completeness().isComplete();
      String source = whole ? part.source() : rest;
      rest = whole ? part.remaining() : "";
      // A semicolon after an expression says that its value is of no interest.
      boolean quiet = source.stripTrailing().endsWith(";") && endsWithSemicolon(code, rest);
      if (!snippet(source, rest.isBlank() && !quiet)) {
        return;
      }
    }
  }

  /** JShell adds semicolons; this is about those of the code itself. */
  private static boolean endsWithSemicolon(String code, String rest) {
    return code.substring(0, code.length() - rest.length()).stripTrailing().endsWith(";");
  }

  /** Runs one; false when the cell ends with it. */
  private boolean snippet(String source, boolean last) {
    if (interrupted) {
      error("Interrupted", "the cell was interrupted", "");
      return false;
    }
    for (SnippetEvent event : shell.eval(source)) {
      if (event.causeSnippet() != null) {
        continue; // another snippet that has changed by this one
      }
      if (interrupted) {
        error("Interrupted", "the cell was interrupted", "");
        return false;
      }
      if (event.status() == Snippet.Status.REJECTED) {
        rejected(event.snippet(), source);
        return false;
      }
      if (event.exception() != null) {
        thrown(event.exception());
        return false;
      }
      if (event.status() == Snippet.Status.RECOVERABLE_NOT_DEFINED
          || event.status() == Snippet.Status.RECOVERABLE_DEFINED) {
        STDERR.println(
            "declared, but cannot be used before something else is: "
                + shell.unresolvedDependencies((jdk.jshell.DeclarationSnippet) event.snippet())
                    .collect(Collectors.joining(", ")));
      }
      if (last && isExpression(event.snippet()) && event.value() != null) {
        show(event.value(), typeOf(event.snippet()).equals("String"));
      }
    }
    return true;
  }

  /** JShell keeps what most expressions are worth in a variable that it makes up. */
  private static boolean isExpression(Snippet snippet) {
    return snippet instanceof ExpressionSnippet
        || snippet.subKind() == Snippet.SubKind.TEMP_VAR_EXPRESSION_SUBKIND;
  }

  private static String typeOf(Snippet snippet) {
    return snippet instanceof ExpressionSnippet
        ? ((ExpressionSnippet) snippet).typeName()
        : ((VarSnippet) snippet).typeName();
  }

  /**
   * @param value as JShell writes it: a text between quotes and with escapes; between quotes it is
   *     said, too, as others say texts
   */
  private static void show(String value, boolean text) {
    STDOUT.flush();
    STDERR.flush();
    Map<String, Object> data = new LinkedHashMap<>();
    boolean quoted = text && value.startsWith("\"");
    data.put("text/plain", quoted ? '"' + new Json(value).string() + '"' : value);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("main", true);
    result.put("data", data);
    send("result", result);
  }

  // ---- what went wrong ----

  private void rejected(Snippet snippet, String source) {
    StringBuilder text = new StringBuilder();
    String first = "";
    for (Diag diag : shell.diagnostics(snippet).collect(Collectors.toList())) {
      String message = diag.getMessage(null);
      if (diag.isError() && first.isEmpty()) {
        first = message;
      }
      int at = (int) Math.max(0, Math.min(diag.getPosition(), source.length()));
      int from = source.lastIndexOf('\n', Math.max(0, at - 1)) + 1;
      int to = source.indexOf('\n', at) < 0 ? source.length() : source.indexOf('\n', at);
      text.append(source, Math.min(from, to), to).append('\n');
      text.append(" ".repeat(Math.max(0, at - from))).append("^ ").append(message).append('\n');
    }
    error("CompilationError", first, text.toString());
  }

  private void thrown(JShellException thrown) {
    String name = "UnresolvedReference";
    String value = thrown.getMessage() == null ? "" : thrown.getMessage();
    if (thrown instanceof EvalException) {
      name = ((EvalException) thrown).getExceptionClassName();
    } else if (thrown instanceof UnresolvedReferenceException) {
      value =
          shell.unresolvedDependencies(((UnresolvedReferenceException) thrown).getSnippet())
              .collect(Collectors.joining(", "));
    }
    StringBuilder trace = new StringBuilder(value.isEmpty() ? name : name + ": " + value);
    for (StackTraceElement frame : thrown.getStackTrace()) {
      trace.append("\n\tat ").append(frame);
    }
    error(name, value, trace.toString());
  }

  private static void error(String name, String value, String traceback) {
    STDOUT.flush();
    STDERR.flush();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", name);
    fields.put("value", cut(value, LONGEST_TEXT));
    fields.put("traceback", cut(traceback, 4 * LONGEST_TEXT));
    send("error", fields);
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most);
  }

  // ---- answers ----

  private static PrintStream printer(String channel) {
    return new PrintStream(new Printer(channel), true, StandardCharsets.UTF_8);
  }

  /** What is printed, as answers of whole characters. */
  private static final class Printer extends OutputStream {
    private final String channel;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    Printer(String channel) {
      this.channel = channel;
    }

    @Override
    public synchronized void write(int b) {
      kept.write(b);
      if (kept.size() >= LONGEST_TEXT) {
        flush();
      }
    }

    @Override
    public synchronized void write(byte[] data, int from, int length) {
      for (int i = from; i < from + length; i++) {
        write(data[i]);
      }
    }

    @Override
    public synchronized void flush() {
      byte[] all = kept.toByteArray();
      int whole = wholeCharacters(all);
      kept.reset();
      kept.write(all, whole, all.length - whole);
      if (whole > 0) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("s", channel);
        fields.put("d", new String(all, 0, whole, StandardCharsets.UTF_8));
        send("out", fields);
      }
    }

    /** How many bytes do not end within a character. */
    private static int wholeCharacters(byte[] all) {
      int start = all.length;
      while (start > 0 && all.length - start < 4 && (all[start - 1] & 0xC0) == 0x80) {
        start--;
      }
      if (start == 0 || (all[start - 1] & 0xC0) != 0xC0) {
        return all.length;
      }
      int lead = all[start - 1] & 0xFF;
      int wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
      return all.length - start + 1 < wanted ? start - 1 : all.length;
    }
  }

  private static void send(String kind, Map<String, Object> fields) {
    StringBuilder line = new StringBuilder("{\"t\":");
    Json.write(line, kind);
    fields.forEach((name, value) -> {
      line.append(',');
      Json.write(line, name);
      line.append(':');
      Json.write(line, value);
    });
    line.append("}\n");
    if (line.length() > LONGEST_ANSWER) {
      Map<String, Object> instead = new LinkedHashMap<>();
      instead.put("s", "stderr");
      instead.put("d", "a " + kind + " of " + line.length() + " bytes is too large to be shown\n");
      send("out", instead);
      return;
    }
    synchronized (OUT) {
      try {
        OUT.write(line.toString().getBytes(StandardCharsets.US_ASCII));
        OUT.flush();
      } catch (IOException e) {
        Runtime.getRuntime().halt(1); // nobody listens any more
      }
    }
  }

  /** As much of JSON as is spoken here. */
  private static final class Json {
    private final String text;
    private int at;

    Json(String text) {
      this.text = text;
    }

    static void write(StringBuilder out, Object value) {
      if (value instanceof Map) {
        out.append('{');
        List<String> parts = new ArrayList<>();
        ((Map<?, ?>) value).forEach((name, each) -> {
          StringBuilder part = new StringBuilder();
          write(part, String.valueOf(name));
          part.append(':');
          write(part, each);
          parts.add(part.toString());
        });
        out.append(String.join(",", parts)).append('}');
      } else if (value instanceof Boolean || value instanceof Number) {
        out.append(value);
      } else {
        out.append('"');
        String all = String.valueOf(value);
        for (int i = 0; i < all.length(); i++) {
          char c = all.charAt(i);
          if (c == '"' || c == '\\') {
            out.append('\\').append(c);
          } else if (c < 0x20 || c > 0x7e) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
        out.append('"');
      }
    }

    Map<String, Object> object() {
      Map<String, Object> all = new LinkedHashMap<>();
      skip('{');
      while (peek() != '}') {
        String name = string();
        skip(':');
        all.put(name, value());
        if (peek() == ',') {
          at++;
        }
      }
      at++;
      return all;
    }

    private Object value() {
      char next = peek();
      if (next == '{') {
        return object();
      }
      if (next == '"') {
        return string();
      }
      int from = at;
      while (at < text.length() && ",}".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      return text.substring(from, at).strip();
    }

    private char peek() {
      while (Character.isWhitespace(text.charAt(at))) {
        at++;
      }
      return text.charAt(at);
    }

    private void skip(char wanted) {
      if (peek() != wanted) {
        throw new IllegalArgumentException("no JSON at " + at);
      }
      at++;
    }

    private String string() {
      skip('"');
      StringBuilder made = new StringBuilder();
      while (text.charAt(at) != '"') {
        made.append(character());
      }
      at++;
      return made.toString();
    }

    private char character() {
      char c = text.charAt(at++);
      if (c != '\\') {
        return c;
      }
      char escaped = text.charAt(at++);
      switch (escaped) {
        case 'n':
          return '\n';
        case 't':
          return '\t';
        case 'r':
          return '\r';
        case 'b':
          return '\b';
        case 'f':
          return '\f';
        case 'u':
          at += 4;
          return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        default:
          return escaped;
      }
    }
  }
}
