package dev.dunes.agent;

/** What a user says to a request for permission. */
public enum PermissionReply {
  /** This time. */
  ONCE,
  /** This time and whenever it is asked for again in this conversation. */
  ALWAYS,
  /** No; the turn goes on. */
  REJECT
}
