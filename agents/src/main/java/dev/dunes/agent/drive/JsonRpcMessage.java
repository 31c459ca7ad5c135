package dev.dunes.agent.drive;

import tools.jackson.databind.JsonNode;

/** A message of an agent that speaks JSON-RPC, as {@link JsonRpcPeer#receive} understood it. */
public sealed interface JsonRpcMessage {
  /**
   * It asks something and waits: {@link JsonRpcPeer#answer} or {@link JsonRpcPeer#refuse}.
   *
   * @param id a number or a text, its own
   */
  record Request(JsonNode id, String method, JsonNode params) implements JsonRpcMessage {}

  /** It says something. */
  record Notification(String method, JsonNode params) implements JsonRpcMessage {}

  /** A reply that was passed on, or a request that was refused already. */
  record Done() implements JsonRpcMessage {}

  /** No message of JSON-RPC. */
  record Unknown() implements JsonRpcMessage {}
}
