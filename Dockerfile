# The server, for docker-compose.yml. It needs no Docker of its own: it uses the host's, by its socket.
FROM eclipse-temurin:25-jdk

RUN apt-get update \
 && apt-get install -y --no-install-recommends maven cargo ca-certificates curl \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY . .
# What sandboxes on this host need is the host's: nothing is installed when the server starts.
ENV DUNES_NO_INSTALL=1
# Builds it, and its start-up cache.
RUN ./ds --version

EXPOSE 8000
ENTRYPOINT ["./ds"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
