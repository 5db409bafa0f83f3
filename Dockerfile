# The proxy in a container: docker run --user "$(id -u)" -p 127.0.0.1:8765:8765 -v "$PWD/recordings:/recordings" IMAGE
FROM python:3.13-slim-trixie AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY share ./share
COPY realtime_inspector ./realtime_inspector
RUN python -m venv /opt/realtime-inspector \
 && /opt/realtime-inspector/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.13-slim-trixie
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin inspector \
 && install --directory --mode 1777 /recordings /data
COPY --from=build /opt/realtime-inspector /opt/realtime-inspector
ENV PATH=/opt/realtime-inspector/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    REALTIME_INSPECTOR_DIR=/recordings \
    REALTIME_INSPECTOR_DATA_DIR=/data \
    REALTIME_INSPECTOR_PROXY_LISTEN=0.0.0.0:8765
# by its number: a cluster that lets no root in can tell that this is none
USER 10001
WORKDIR /recordings
VOLUME /recordings
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 \
  CMD ["python", "-c", "import http.client, os, sys; port = os.environ['REALTIME_INSPECTOR_PROXY_LISTEN'].rpartition(':')[2]; ask = http.client.HTTPConnection('127.0.0.1', int(port), timeout=4); ask.request('GET', '/__realtime_inspector/ready'); sys.exit(ask.getresponse().status != 200)"]
ENTRYPOINT ["realtime-inspector"]
CMD ["proxy"]
