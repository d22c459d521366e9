# The image runs the published shape of the program: emitted JavaScript, production dependencies, no build tools.
FROM node:26-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
# The compiler comes as an optional per-platform package, so only what is shipped goes without those.
RUN npm ci --ignore-scripts
COPY src ./src
RUN npm run build && npm ci --ignore-scripts --omit=dev --omit=optional

FROM node:26-slim
ENV NODE_ENV=production COUNTERSIGN_DATA_DIR=/data COUNTERSIGN_LISTEN=0.0.0.0:8480
WORKDIR /app
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
COPY bin ./bin
COPY bundles ./bundles
COPY policies ./policies
COPY examples ./examples
COPY tools ./tools
RUN install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 8480
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:8480/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/countersign.cjs"]
CMD ["serve"]
