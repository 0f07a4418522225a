# The simulated stack, from wheels alone: docker build -f docker/sim.Dockerfile -t safereach-sim .
FROM debian:12-slim
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV MUJOCO_GL=egl
WORKDIR /safereach
COPY . .
RUN docker/steps/sim.sh && useradd --create-home safereach && chown -R safereach /safereach
USER safereach
ENTRYPOINT ["./safereach"]
CMD ["launch", "finetune"]
