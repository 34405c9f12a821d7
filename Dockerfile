# goldloop serve in a container. `docker compose up` starts it beside Label Studio: docs/serve.md
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /goldloop

# The embedded model's runtime needs it; with another provider it is not used.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*

# What it needs comes first and changes seldom: every package by its hash, the embedded model (1.1 GB) among them.
COPY requirements/build.lock requirements/run.lock requirements/
RUN pip install --require-hashes -r requirements/build.lock \
    && pip install --require-hashes --no-build-isolation -r requirements/run.lock

COPY pyproject.toml README.md LICENSE ./
COPY conf conf
COPY runner runner
COPY verifiers verifiers
RUN pip install --no-deps --no-build-isolation --no-index .

# Neither code nor packages belong to who runs it; outputs/ does, and outlives the container as a volume.
RUN useradd --create-home --uid 1000 goldloop && install -d -o goldloop -g goldloop /home/goldloop/work/outputs
USER goldloop
WORKDIR /home/goldloop/work
VOLUME /home/goldloop/work/outputs

EXPOSE 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9090/health', timeout=2)"]
ENTRYPOINT ["goldloop"]
CMD ["serve", "serve.host=0.0.0.0"]
