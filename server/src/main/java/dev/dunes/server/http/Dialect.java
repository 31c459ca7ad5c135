package dev.dunes.server.http;

import java.util.List;

/** How an API says what is wrong before any of its own code is asked. */
public interface Dialect {
  /** The client sent what cannot be. */
  Reply badRequest(String why);

  /** The client has shown no key, or a wrong one. */
  Reply unauthorized(boolean shown);

  /** A web page of somebody else asks. */
  Reply crossSite(String why);

  /** There is no such path. */
  Reply notFound();

  /** There is such a path, for these methods. */
  Reply methodNotAllowed(List<String> allowed);

  /** The body is too large. */
  Reply tooLarge();

  /** It is our fault; the log says more under this id. */
  Reply failed(String requestId);
}
