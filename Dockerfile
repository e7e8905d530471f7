# One image for both services: `docker run … trunkline dispatch` or `docker run … trunkline worker`.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY callcore callcore
COPY sip_config sip_config
COPY prompts prompts
COPY dispatch dispatch
COPY worker worker
COPY lab lab
COPY cli cli
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim-bookworm

# flite is the voice of the offline providers; nothing else is needed from Debian.
RUN apt-get update \
    && apt-get install -y --no-install-recommends flite \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 trunkline

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-deps /wheels/*.whl && rm -r /wheels

RUN mkdir /state && chown trunkline /state
USER trunkline
ENV TRUNKLINE_STATE_DIR=/state PYTHONUNBUFFERED=1
VOLUME /state
# SIGTERM lets calls in progress finish: give `docker stop` as long as your longest call.
STOPSIGNAL SIGTERM
ENTRYPOINT ["trunkline"]
CMD ["--help"]
