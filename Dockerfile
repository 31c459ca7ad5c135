# The server, for docker-compose.yml. It needs no Docker of its own: it uses the host's, by its socket.
# Both bases are Debian or Ubuntu with the same JDK 25. Nothing of the one it is built in gets into the image: that one
# may have what your network asks for, such as mirrors of packages, certificates, a settings.xml of Maven's.
ARG BASE=eclipse-temurin:25-jdk
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends maven cargo ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
# Builds it, and its start-up cache.
RUN DUNES_NO_INSTALL=1 ./ds --version

FROM ${BASE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/LICENSE /app/ds ./
COPY --from=build /app/target/ds target/ds
# What sandboxes on this host need is the host's: nothing is installed when the server starts.
ENV DUNES_NO_INSTALL=1

EXPOSE 8000
ENTRYPOINT ["./ds"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
