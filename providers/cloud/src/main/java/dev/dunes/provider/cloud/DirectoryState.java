package dev.dunes.provider.cloud;

import dev.dunes.sandbox.FileChange;
import dev.dunes.sandbox.FileChange.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was below a directory at one moment, and what has changed until another. Two looks show less
 * than the kernel would tell: what came and went between them is not seen.
 */
final class DirectoryState {
  private static final int FIELDS = 6;

  /** Of files on their way into their place. */
  private static final String OURS = ".dunes-";

  private record Node(String kind, String inode, String size, String modified, String changed) {
    boolean directory() {
      return kind.equals("d");
    }

    /** A file that is moved keeps these; one that gets the number of another does not. */
    boolean sameAs(Node other) {
      return kind.equals(other.kind)
          && inode.equals(other.inode)
          && (directory() || size.equals(other.size) && modified.equals(other.modified));
    }
  }

  /** By their paths, parents first. */
  private final TreeMap<String, Node> nodes = new TreeMap<>();

  private DirectoryState() {}

  /**
   * Reads what {@link PollWatch#SCRIPT} writes: {@code KIND INODE SIZE MODIFIED CHANGED PATH}, each
   * ended by a NUL. What makes no sense is left out.
   */
  static DirectoryState read(byte[] listing) {
    DirectoryState state = new DirectoryState();
    int from = 0;
    for (int i = 0; i < listing.length; i++) {
      if (listing[i] == 0) {
        state.add(new String(listing, from, i - from, StandardCharsets.UTF_8));
        from = i + 1;
      }
    }
    return state;
  }

  private void add(String line) {
    String[] words = line.split(" ", FIELDS);
    if (words.length == FIELDS && isInside(words[5])) {
      nodes.put(words[5], new Node(words[0], words[1], words[2], words[3], words[4]));
    }
  }

  private static boolean isInside(String path) {
    if (path.isEmpty() || path.startsWith("/")) {
      return false;
    }
    String name = path.substring(path.lastIndexOf('/') + 1);
    return !name.startsWith(OURS) && !List.of(path.split("/", -1)).contains("..");
  }

  /** What happened from this state to a later one. */
  List<FileChange> until(DirectoryState later) {
    List<FileChange> changes = new ArrayList<>();
    Map<String, String> moved = moved(later);
    Set<String> arrived = new HashSet<>(moved.values());
    nodes
        .descendingMap()
        .forEach((path, node) -> {
          if (!later.nodes.containsKey(path) && !moved.containsKey(path)) {
            changes.add(new FileChange(Type.REMOVED, path, node.directory()));
          }
        });
    moved.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .filter(each -> !movedWithParent(each.getKey(), each.getValue(), moved))
        .forEach(each -> {
          boolean directory = later.node(each.getValue()).directory();
          changes.add(new FileChange(Type.MOVED_AWAY, each.getKey(), directory));
          changes.add(new FileChange(Type.MOVED_HERE, each.getValue(), directory));
        });
    later.nodes.forEach((path, node) -> {
      Node before = nodes.get(path);
      if (before == null && !arrived.contains(path)) {
        changes.add(new FileChange(Type.CREATED, path, node.directory()));
        if (node.kind().equals("f")) {
          changes.add(new FileChange(Type.WRITTEN, path, false));
        }
      } else if (before != null) {
        changed(path, before, node, changes);
      }
    });
    return changes;
  }

  private static void changed(String path, Node before, Node now, List<FileChange> changes) {
    if (!before.kind().equals(now.kind())) {
      changes.add(new FileChange(Type.REMOVED, path, before.directory()));
      changes.add(new FileChange(Type.CREATED, path, now.directory()));
    } else if (!before.sameAs(now)) {
      changes.add(new FileChange(Type.WRITTEN, path, now.directory()));
    } else if (!before.changed().equals(now.changed())
        && before.modified().equals(now.modified())) {
      // a directory is changed, too, when something in it comes or goes
      changes.add(new FileChange(Type.ATTRIBUTES, path, now.directory()));
    }
  }

  private Node node(String path) {
    Node node = nodes.get(path);
    if (node == null) {
      throw new IllegalArgumentException(path);
    }
    return node;
  }

  /** From where to where. */
  private Map<String, String> moved(DirectoryState later) {
    Map<String, String> gone = new HashMap<>();
    nodes.forEach((path, node) -> {
      if (!later.nodes.containsKey(path)) {
        gone.put(node.inode(), path);
      }
    });
    Map<String, String> moved = new HashMap<>();
    later.nodes.entrySet().stream()
        .filter(each -> !nodes.containsKey(each.getKey()))
        .sorted(Comparator.comparing(Map.Entry::getKey))
        .forEach(each -> {
          @Nullable String from = gone.get(each.getValue().inode());
          if (from != null && node(from).sameAs(each.getValue())) {
            moved.put(from, each.getKey());
            gone.remove(each.getValue().inode());
          }
        });
    return moved;
  }

  /** What is below a directory that was moved is only in another place with it. */
  private static boolean movedWithParent(String from, String to, Map<String, String> moved) {
    int slash = from.lastIndexOf('/');
    int other = to.lastIndexOf('/');
    return slash > 0
        && other > 0
        && from.substring(slash).equals(to.substring(other))
        && to.substring(0, other).equals(moved.get(from.substring(0, slash)));
  }
}
