package dev.dunes.guest;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The extended attributes of files, docs/guest-protocol.md "Operations". */
final class GuestAttributes {
  /** As many as the guest tells of at once. */
  private static final int MOST_FILES = 200;

  /** A question must fit into a frame. */
  private static final int MOST_PATH_BYTES = 512 << 10;

  private final GuestConnection guest;
  private final String prefix;
  private final Duration limit;

  GuestAttributes(GuestConnection guest, String prefix, Duration limit) {
    this.guest = guest;
    this.prefix = prefix;
    this.limit = limit;
  }

  /** Of those that have any, by path and then by the rest of the name. */
  Map<String, Map<String, String>> of(List<String> paths) {
    Map<String, Map<String, String>> found = new LinkedHashMap<>();
    List<String> batch = new ArrayList<>();
    int bytes = 0;
    for (String path : paths) {
      int cost = path.getBytes(StandardCharsets.UTF_8).length;
      if (batch.size() == MOST_FILES || bytes + cost > MOST_PATH_BYTES && !batch.isEmpty()) {
        ask(batch, found);
        batch.clear();
        bytes = 0;
      }
      batch.add(path);
      bytes += cost;
    }
    if (!batch.isEmpty()) {
      ask(batch, found);
    }
    return found;
  }

  private void ask(List<String> paths, Map<String, Map<String, String>> found) {
    PayloadWriter arguments = new PayloadWriter().str(prefix).list(paths);
    List<Map<String, String>> answers =
        guest.call(
            Operation.GET_ATTRIBUTES, arguments, limit, paths.getFirst(), in -> read(in, paths));
    for (int i = 0; i < paths.size(); i++) {
      if (!answers.get(i).isEmpty()) {
        found.put(paths.get(i), answers.get(i));
      }
    }
  }

  private List<Map<String, String>> read(PayloadReader in, List<String> paths)
      throws GuestProtocolException {
    if (in.count() != paths.size()) {
      throw new GuestProtocolException("attributes of other files than were asked for");
    }
    List<Map<String, String>> answers = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      int count = in.count();
      Map<String, String> attributes = new LinkedHashMap<>();
      for (int k = 0; k < count; k++) {
        String name = in.str();
        String value = in.str();
        if (!name.startsWith(prefix)) {
          throw new GuestProtocolException("an attribute that was not asked for");
        }
        attributes.put(name.substring(prefix.length()), value);
      }
      answers.add(attributes);
    }
    return answers;
  }

  /** Replaces those of a file. */
  void set(String path, Map<String, String> values) {
    Map<String, String> named = new LinkedHashMap<>();
    values.forEach((name, value) -> named.put(prefix + name, value));
    PayloadWriter arguments = new PayloadWriter().str(path).str(prefix).pairs(named);
    guest.call(Operation.SET_ATTRIBUTES, arguments, limit, path);
  }
}
