# An image that runs as an unprivileged user with a read-only root file system.  See compose.yaml for a whole set-up.
#
#     docker build -t ftpd-service .
#     docker run --read-only --cap-drop ALL --tmpfs /tmp -p 21:2121 -p 50000-50099:50000-50099 \
#         -v ./ftpd.yaml:/etc/ftpd/ftpd.yaml:ro -v ftp:/srv/ftp ftpd-service

FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/ftpd \
    && /opt/ftpd/bin/pip install --no-cache-dir . \
    # twistd writes a cache of its plug-ins beside them, which a read-only root does not allow later.
    && /opt/ftpd/bin/twistd --help >/dev/null

FROM python:3.13-slim
RUN useradd --system --uid 2121 --home-dir /srv/ftp --shell /usr/sbin/nologin ftpd \
    && install -d -o ftpd -g ftpd /srv/ftp
COPY --from=build /opt/ftpd /opt/ftpd
ENV PATH=/opt/ftpd/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 2121
WORKDIR /srv/ftp
VOLUME /srv/ftp
EXPOSE 2121 50000-50099
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["python", "-c", \
    "import socket, sys; sys.exit(not socket.create_connection(('127.0.0.1', 2121), 3).recv(3).startswith(b'220'))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["ftpd-service", "-c", "/etc/ftpd/ftpd.yaml"]
CMD ["serve"]
