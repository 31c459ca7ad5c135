package dev.dunes.session;

import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import java.util.List;
import java.util.OptionalInt;

/** Sessions of runs that nobody else uses: both are closed together. */
record OwnedSessions(Sessions sessions, Runs runs) implements Sessions {
  @Override
  public List<AgentStatus> agents() {
    return sessions.agents();
  }

  @Override
  public AgentStatus agent(String id) {
    return sessions.agent(id);
  }

  @Override
  public AgentInstallation install(String agent, boolean again) {
    return sessions.install(agent, again);
  }

  @Override
  public List<AgentMode> modes(String agent) {
    return sessions.modes(agent);
  }

  @Override
  public AgentModels models(String agent) {
    return sessions.models(agent);
  }

  @Override
  public Session create(String id, SessionSpec spec) {
    return sessions.create(id, spec);
  }

  @Override
  public Session get(String id) {
    return sessions.get(id);
  }

  @Override
  public List<SessionInfo> list() {
    return sessions.list();
  }

  @Override
  public List<SearchHit> search(String words, OptionalInt limit) {
    return sessions.search(words, limit);
  }

  @Override
  public void close() {
    runs.close();
  }
}
