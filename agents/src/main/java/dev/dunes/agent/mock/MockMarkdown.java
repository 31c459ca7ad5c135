package dev.dunes.agent.mock;

import java.util.List;

/** A document with all the usual constructs, in the pieces in which it is written. */
final class MockMarkdown {
  static final List<String> PIECES =
      List.of(
          "# A document\n\nA paragraph with *emphasis*, **strong words** and `code`.\n\n",
          "## Lists\n\n- one\n- two\n  - nested\n\n1. first\n2. second\n\n",
          "- [x] done\n- [ ] open\n\n",
          "> A quotation\n> of two lines.\n\n",
          "```java\nSystem.out.println(\"Hello\");\n```\n\n",
          "| Name | Size |\n|---|---:|\n| sand | 2 |\n| dune | 40 |\n\n",
          "A [link](https://example.com) and an image: ![grain](grain.png)\n\n",
          "---\n\n~~Gone~~, and a line  \nbroken in two.\n");

  private MockMarkdown() {}
}
