# Not built by any check. `docker build -t resynapse . && docker run --rm -v "$PWD/work:/work" resynapse demo`
# The laboratory listens on loopback alone: `docker run --rm --network host -v "$PWD/work:/work" resynapse lab --no-browser`
FROM python:3.11-slim
COPY . /source
RUN pip install --no-cache-dir '/source[lab]' && rm -rf /source \
    && useradd --create-home --uid 10001 resynapse && mkdir /work && chown resynapse /work
USER resynapse
WORKDIR /work
ENTRYPOINT ["resynapse"]
CMD ["--help"]
