# An image that runs as an unprivileged user on a read-only root: docs/container.rst.  compose.yaml is a whole set-up.
#
#     docker build -t ftpd-service .
#     docker build -t ftpd-service --build-arg EXTRAS=metrics,ldap .

FROM python:3.13-slim AS build
ARG EXTRAS=""
WORKDIR /source
COPY . .
# twistd writes a cache of its plug-ins beside them, which a read-only root does not allow later.
RUN python -m venv --without-pip /opt/ftpd \
    && python -m pip --python /opt/ftpd/bin/python install --no-cache-dir ".${EXTRAS:+[$EXTRAS]}" \
    && /opt/ftpd/bin/twistd --help >/dev/null

FROM python:3.13-slim
RUN groupadd --system --gid 2121 ftpd \
    && useradd --system --uid 2121 --gid 2121 --home-dir /srv/ftp --shell /usr/sbin/nologin ftpd \
    && install -d -o ftpd -g ftpd /srv/ftp /run/ftpd
COPY --from=build /opt/ftpd /opt/ftpd
ENV PATH=/opt/ftpd/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 2121:2121
WORKDIR /srv/ftp
VOLUME /srv/ftp
EXPOSE 2121 50000-50099
# The service answers at admin.socket of the configuration; the command fails if it does not.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["ftpd-service", "-c", "/etc/ftpd/ftpd.yaml", "status"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["ftpd-service", "-c", "/etc/ftpd/ftpd.yaml"]
CMD ["serve"]
