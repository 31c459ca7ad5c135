package dev.dunes.provider.local;

import dev.dunes.sandbox.NetworkMode;
import java.util.ArrayList;
import java.util.List;

/** The arguments that make bubblewrap build one sandbox. */
final class BubblewrapArguments {
  private final List<String> arguments = new ArrayList<>(160);

  private BubblewrapArguments() {}

  /** The options for a view. */
  static List<String> of(SandboxView view) {
    BubblewrapArguments made = new BubblewrapArguments();
    made.isolation(view);
    view.steps().forEach(made::step);
    made.add("--chdir", "/");
    return made.arguments;
  }

  private void isolation(SandboxView view) {
    add("--unshare-all", "--unshare-user", "--disable-userns");
    if (view.network() == NetworkMode.HOST) {
      add("--share-net");
    }
    String user = Integer.toString(SandboxView.USER);
    add("--uid", user, "--gid", user, "--hostname", "sandbox");
    add("--new-session", "--as-pid-1", "--clearenv");
    view.environment().forEach((name, value) -> add("--setenv", name, value));
  }

  private void step(ViewStep step) {
    switch (step) {
      case ViewStep.Bind bind ->
          add(bind.writable() ? "--bind" : "--ro-bind", bind.source().toString(), bind.target());
      case ViewStep.Link link -> add("--symlink", link.leadsTo(), link.path());
      case ViewStep.Directory directory -> add("--dir", directory.path());
      case ViewStep.Memory memory -> {
        if (memory.everyone()) {
          add("--perms", "1777");
        }
        add("--size", Long.toString(memory.bytes()), "--tmpfs", memory.path());
      }
      case ViewStep.Processes ignored -> add("--proc", "/proc");
      case ViewStep.Devices ignored -> add("--dev", "/dev");
      case ViewStep.Hidden hidden -> hide(hidden);
      case ViewStep.BootId boot ->
          add("--ro-bind", boot.source().toString(), "/proc/sys/kernel/random/boot_id");
      case ViewStep.Sealed sealed -> add("--remount-ro", sealed.path());
    }
  }

  private void hide(ViewStep.Hidden hidden) {
    if (hidden.directory()) {
      add("--size", "4096", "--perms", "0555", "--tmpfs", hidden.path());
    } else {
      add("--ro-bind", "/dev/null", hidden.path());
    }
  }

  private void add(String... more) {
    arguments.addAll(List.of(more));
  }
}
