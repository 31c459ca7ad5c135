package dev.dunes.server.ops;

/** Pages that need nothing from anywhere else. */
final class Html {
  private static final String STYLE =
      "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
          + "h2{font-size:1.05rem;margin-top:2rem}table{border-collapse:collapse;width:100%}"
          + "td,th{border-bottom:1px solid #8884;padding:.3rem .6rem;text-align:left;vertical-align:top}"
          + "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8cf}}";

  private Html() {}

  static String page(String title, String body) {
    return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>"
        + text(title)
        + "</title><style>"
        + STYLE
        + "</style><body><h1>"
        + text(title)
        + "</h1>"
        + body
        + "</body></html>\n";
  }

  static String text(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
