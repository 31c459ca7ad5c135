package dev.dunes.server.acp;

import dev.dunes.server.v1.Problem;
import dev.dunes.session.SessionException;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** A JSON-RPC request cannot be answered with a result. ACP, sheet 2.6. */
final class RpcException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int INVALID_REQUEST = -32600;
  private static final int METHOD_NOT_FOUND = -32601;
  private static final int INVALID_PARAMS = -32602;
  private static final int INTERNAL = -32603;
  private static final int NOT_FOUND = -32002;

  private final int code;
  private final transient Optional<ObjectNode> data;

  private RpcException(int code, String message, Optional<ObjectNode> data) {
    super(message, null, false, false);
    this.code = code;
    this.data = data;
  }

  static RpcException invalidRequest(String why) {
    return new RpcException(INVALID_REQUEST, why, Optional.empty());
  }

  static RpcException noMethod(String method) {
    return new RpcException(
        METHOD_NOT_FOUND, "there is no method '" + method + "'", Optional.empty());
  }

  static RpcException params(String why) {
    return new RpcException(INVALID_PARAMS, why, Optional.empty());
  }

  static RpcException noSession(String id) {
    return new RpcException(
        NOT_FOUND,
        "there is no session '" + id + "' here; session/load knows those of others",
        Optional.empty());
  }

  /** A failure of the agent or of what runs it; {@code data} is the problem object. */
  static RpcException of(Problem problem) {
    return new RpcException(INTERNAL, problem.detail(), Optional.of(problem.json()));
  }

  static RpcException of(SessionException e) {
    Problem problem = Problem.of(e);
    return switch (problem.type()) {
      case SESSION_NOT_FOUND ->
          new RpcException(NOT_FOUND, problem.detail(), Optional.of(problem.json()));
      case INVALID_REQUEST, MODE_NOT_SUPPORTED ->
          new RpcException(INVALID_PARAMS, problem.detail(), Optional.of(problem.json()));
      default -> of(problem);
    };
  }

  int code() {
    return code;
  }

  Optional<ObjectNode> data() {
    return data;
  }
}
