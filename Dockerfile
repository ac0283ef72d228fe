# syntax=docker/dockerfile:1
# Two targets: `slim`, and `chromium` for a utility that has only a web form.
#   docker build --target slim -t meterctl .
#   docker run --rm --read-only --tmpfs /tmp -v meterctl:/data meterctl meterctl record 142.3
# docs/deploy.md has the rest. Pin the base by its digest, if you rebuild for years.
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY deploy/build.lock deploy/slim.lock deploy/
RUN python -m venv --without-pip /opt/build && python -m venv --without-pip /opt/meterctl \
 && python -m pip --python /opt/build install -qq --require-hashes --only-binary :all: -r deploy/build.lock \
 && python -m pip --python /opt/meterctl install -qq --require-hashes --only-binary :all: -r deploy/slim.lock
COPY pyproject.toml README.md LICENSE ./
COPY deploy/man deploy/man
COPY deploy/completions deploy/completions
COPY docs docs
COPY meterctl meterctl
RUN /opt/build/bin/hatchling build -t wheel -d /dist \
 && python -m pip --python /opt/meterctl install -qq --no-deps --no-index /dist/*.whl
COPY deploy/meterctl-alive /opt/meterctl/bin/

# The scheduler of the container that does the nightly work; its checksums are those of its release.
FROM python:${PYTHON} AS supercronic
ARG TARGETARCH=amd64
ARG SUPERCRONIC=v0.2.33
ARG SHA1_amd64=71b0d58cc53f6bd72cf2f293e09e294b79c666d8
ARG SHA1_arm64=e0f0c06ebc5627e43b25475711e694450489ab00
COPY deploy/fetch.py /fetch.py
RUN python /fetch.py "https://github.com/aptible/supercronic/releases/download/${SUPERCRONIC}/supercronic-linux-${TARGETARCH}" \
    /supercronic "amd64:${SHA1_amd64}" "arm64:${SHA1_arm64}"

FROM build AS build-chromium
COPY deploy/chromium.lock deploy/
RUN python -m pip --python /opt/meterctl install -qq --require-hashes --only-binary :all: -r deploy/chromium.lock

FROM python:${PYTHON} AS base
# A fixed number, so that a volume's owner can be named from outside.
RUN groupadd --gid 10001 meterctl \
 && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin meterctl \
 && install -d -o meterctl -g meterctl -m 0700 /data
COPY --from=supercronic /supercronic /usr/local/bin/supercronic
COPY deploy/crontab deploy/crontab.cloud /etc/meterctl/
ENV PATH=/opt/meterctl/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/data \
    METERCTL_LOG=stderr \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /data
EXPOSE 8700
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["meterctl-alive"]
# No entry point: what is run is named in full, which every platform understands alike.
CMD ["meterctl", "serve", "--host", "0.0.0.0"]

FROM base AS chromium
# Whatever the distribution's newest is: an old browser is worse than another one tomorrow.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends chromium fonts-liberation \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build-chromium /opt/meterctl /opt/meterctl
ENV METERCTL_PORTAL_BROWSER=/usr/bin/chromium
USER 10001:10001

# The last one is what is built if nobody names a target.
FROM base AS slim
COPY --from=build /opt/meterctl /opt/meterctl
USER 10001:10001
