# The trainer alone, on CUDA: docker build -f docker/trainer.Dockerfile -t safereach-trainer .
FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /safereach
COPY . .
RUN docker/steps/sim.sh && useradd --create-home safereach && chown -R safereach /safereach
USER safereach
ENTRYPOINT ["./safereach"]
CMD ["pretrain", "--help"]
