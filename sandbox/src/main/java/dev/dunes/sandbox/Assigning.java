package dev.dunes.sandbox;

/**
 * The capability to give a sandbox that nobody has used yet to somebody: what was made ahead of
 * need becomes, in a moment, what would otherwise be made now.
 */
public interface Assigning {
  /**
   * Makes this sandbox one of another specification, which may differ from its own in labels,
   * environment and lifetime; the lifetime counts from now, and so does its age. As long as nobody
   * has run anything in it, it cannot be told from one that was made this way.
   *
   * @return the sandbox from now on; the object this was called on is not to be used any more
   * @throws InvalidRequestException when the specification differs in more; nothing changes
   * @throws SandboxNotFoundException when the sandbox is gone
   */
  Sandbox assign(SandboxSpec spec);
}
