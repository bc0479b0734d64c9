# syntax=docker/dockerfile:1
# Two stages: the first one builds a virtual environment, the second one has that and nothing else of ours.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md NOTICE ./
COPY inbox_worker inbox_worker
COPY config config
COPY templates templates
RUN python -m venv /opt/inbox_worker \
 && /opt/inbox_worker/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.11-slim-bookworm
# A fixed number, so that the volume's owner can be set from outside.
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin inbox_worker \
 && install --directory --mode 0700 --owner inbox_worker /var/lib/inbox_worker
COPY --from=build /opt/inbox_worker /opt/inbox_worker
ENV PATH=/opt/inbox_worker/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    INBOX_WORKER_CONFIG=/etc/inbox_worker \
    INBOX_WORKER_JOURNAL__PATH=/var/lib/inbox_worker/journal.jsonl
USER 10001
WORKDIR /var/lib/inbox_worker
VOLUME /var/lib/inbox_worker
# `health` looks at the age of the last completed pass; the start period leaves time for a first one.
HEALTHCHECK --interval=60s --timeout=10s --start-period=120s --retries=3 CMD ["inbox-worker", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["inbox-worker"]
CMD ["run"]
