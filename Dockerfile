# ChatBox50 in a container: the executable on a base without a shell, as nobody in particular.
#   deno task compile && docker build -t chatbox50 .
#   docker run -d --name chatbox50 -p 8000:8000 -v chatbox50:/data -e DISCORD_TOKEN_FILE=/run/secrets/discord_token \
#     -v "$PWD/discord_token:/run/secrets/discord_token:ro" chatbox50
# A volume takes over the owner of /data in the image when it is first used, so the folder is made here, not there.
FROM debian:12-slim AS folder
RUN mkdir --mode=0700 /data && chown 65532:65532 /data

# libc, libgcc and certificates, nothing else; 65532 is its user "nonroot".
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="ChatBox50" org.opencontainers.image.licenses="MIT"
COPY --from=folder --chown=65532:65532 /data /data
COPY --chmod=0755 dist/chatbox50 /usr/local/bin/chatbox50
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV DATABASE_PATH=/data/chatbox50.db
EXPOSE 8000
# It stops in good order on SIGTERM, within 8 seconds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/chatbox50"]
CMD ["serve"]
