# One image for every role; the words after its name choose: web, worker, web worker, migrate.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The bundler and the checksums come as ready binaries: no package needs to run a script here.
RUN npm ci --ignore-scripts --no-progress
COPY . .
# The local run with its sandboxes has no place in production.
RUN npm run build && rm dist/start.js dist/start.js.map

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# All that runs: the bundle, and the one package with native code. test/journeys/bundle.test.ts copies
# by these lines into an empty folder and starts what it finds there.
COPY --from=build /app/package.json ./package.json
COPY --from=build /app/node_modules/@node-rs ./node_modules/@node-rs
COPY --from=build /app/dist ./dist
USER node
# The web's; a worker alone listens only where WORKER_PORT says.
EXPOSE 8080
# Small nurseries: with V8's own choice garbage stands in memory, half as much again.
ENTRYPOINT ["node", "--max-semi-space-size=2", "dist/main.js"]
CMD ["web", "worker"]
