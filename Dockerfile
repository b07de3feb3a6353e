# Two images: `chain`, a local Anvil for trying things out, and `flock`, every program of flock.
#   docker build --target flock --tag flock .

FROM node:22-slim AS chain
WORKDIR /anvil
COPY anvil/package.json anvil/package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && install --directory --owner=node /var/lib/anvil
ENV PATH=/anvil/node_modules/.bin:$PATH
USER node
VOLUME /var/lib/anvil
EXPOSE 8545
CMD ["anvil", "--host", "0.0.0.0", "--port", "8545", "--state", "/var/lib/anvil/state.json"]


FROM python:3.12-slim AS build
# Where torch comes from: PyTorch's own index of CPU wheels keeps gigabytes of CUDA out.
ARG TORCH_INDEX=""
RUN python -m venv /opt/flock
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY constraints.txt pyproject.toml README.md ./
# torch first: a package that pulls it in by itself would bring CUDA along.
RUN /opt/flock/bin/pip install --constraint constraints.txt ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch==2.13.0
COPY flock flock
# An example's app and its data set; a node with an app of its own needs no `demo`.
ARG EXTRAS=node,service,postgres,privacy,demo
RUN /opt/flock/bin/pip install --constraint constraints.txt ".[$EXTRAS]"


FROM python:3.12-slim AS flock
# The same number as the owner of the secrets on the host, who alone can read them.
ARG FLOCK_UID=1000
RUN useradd --uid "$FLOCK_UID" --home-dir /var/lib/flock --shell /usr/sbin/nologin flock \
    && install --directory --owner=flock --group=flock --mode=0700 \
        /var/lib/flock /var/lib/flock/book /var/lib/flock/node /var/lib/flock/coordinator /var/lib/flock/alliance
COPY --from=build /opt/flock /opt/flock
# Its root is read-only when it runs: what libraries want to keep at home goes away with the container.
ENV PATH=/opt/flock/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp
USER flock
WORKDIR /var/lib/flock
ENTRYPOINT ["flock"]
CMD ["--help"]
