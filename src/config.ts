import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { defaultCacheDir } from './authoring/toolchain/tool.ts';
import { AppError } from './base/errors.ts';
import { ALGORITHMS } from './base/jws.ts';
import type { Bounds } from './evaluation/pool.ts';
import type { ClientLimits, ConnectionLimits } from './http/limits.ts';

const PREFIX = 'COUNTERSIGN_';

/** Settings of the commands that call a service. The service ignores them, and these commands ignore its settings. */
const accessSchema = z.object({
  URL: z
    .url({ protocol: /^https?$/, error: 'use an http(s) address, for example https://countersign.example.com' })
    .default('http://127.0.0.1:8480'),
  TOKEN: z.string().optional(),
  TOKEN_FILE: z.string().min(1).optional(),
});

/** Kubernetes sets these variables for a Service named "countersign". They are not settings. */
const FOREIGN = /^COUNTERSIGN_(SERVICE|PORT)(_|$)/;

const listen = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:[\]]+):\d{1,5}$/, 'use host:port, for example 127.0.0.1:8480')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'a port is at most 65535');

const dataDir = z.string().min(1).default('./data');
const bundle = z.string().min(1).optional();
const issuer = z.string().min(1).max(512).default('urn:countersign:local');
const signingAlg = z.enum(ALGORITHMS).default('ES256');

const schema = z.strictObject({
  LISTEN: listen.prefault('127.0.0.1:8480'),
  DATA_DIR: dataDir,
  BUNDLE: bundle,
  ISSUER: issuer,
  OPA: z.string().optional(),
  SIGNING_ALG: signingAlg,
  BODY_LIMIT_BYTES: z.coerce.number().int().min(1024).max(16_777_216).default(262_144),
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).max(10_000_000).default(60_000),
  WRITE_BYTES_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 40)
    .default(128 * 2 ** 20),
  IN_FLIGHT_BYTES: z.coerce
    .number()
    .int()
    .min(65_536)
    .max(2 ** 34)
    .default(64 * 2 ** 20),
  LONG_READS: z.coerce.number().int().min(1).max(64).default(2),
  MAX_CONNECTIONS: z.coerce.number().int().min(1).max(1_000_000).default(4096),
  MAX_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).max(1_000_000).optional(),
  REQUEST_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(30_000),
  ANSWER_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(30_000),
  IDLE_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(5000),
  THREADS: z.coerce.number().int().min(1).max(64).optional(),
  EVALUATION_TIMEOUT_MS: z.coerce.number().int().min(10).max(60_000).default(250),
  EVALUATION_MEMORY_MIB: z.coerce.number().int().min(1).max(2048).default(64),
  MAX_WAITING: z.coerce.number().int().min(1).max(100_000).default(2048),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  METRICS_OPEN: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});

/** The variables of a process. */
type Environment = Readonly<Record<string, string | undefined>>;

export interface Config {
  listen: { host: string; port: number };
  /** Whether the example organisation may decide for other machines too. Set by `serve --allow-example`, not by a variable. */
  allowExample: boolean;
  dataDir: string;
  /** A file path or an http(s) URL; null for the bundle that comes with the program. */
  bundle: string | null;
  issuer: string;
  opa: string | null;
  signingAlg: (typeof ALGORITHMS)[number];
  clientLimits: ClientLimits;
  connectionLimits: ConnectionLimits;
  bounds: Bounds;
  logLevel: string;
  metricsOpen: boolean;
  /** The folder in which built tools are kept. */
  cacheDir: string;
}

/**
 * Reads the settings of the service. Throws AppError `config_invalid` that names all faults at once, also unknown names: a
 * bound whose name is misspelt would have no effect.
 */
export function readConfig(env: Environment): Config {
  const known = new Set(Object.keys(accessSchema.shape));
  const values = parse(
    schema,
    Object.entries(env).filter(([name]) => !FOREIGN.test(name) && !known.has(name.slice(PREFIX.length))),
  );
  return {
    listen: values.LISTEN,
    allowExample: false,
    dataDir: values.DATA_DIR,
    bundle: values.BUNDLE ?? null,
    issuer: values.ISSUER,
    ...readToolSettings(env),
    signingAlg: values.SIGNING_ALG,
    clientLimits: {
      bodyLimitBytes: values.BODY_LIMIT_BYTES,
      rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE,
      writeBytesPerMinute: values.WRITE_BYTES_PER_MINUTE,
      inFlightBytes: values.IN_FLIGHT_BYTES,
      longReads: values.LONG_READS,
    },
    connectionLimits: {
      maxConnections: values.MAX_CONNECTIONS,
      maxConnectionsPerAddress: values.MAX_CONNECTIONS_PER_ADDRESS ?? null,
      requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
      answerTimeoutMs: values.ANSWER_TIMEOUT_MS,
      idleTimeoutMs: values.IDLE_TIMEOUT_MS,
    },
    bounds: {
      // One processor is left to the HTTP thread. At least two threads, so that a policy that does not end blocks only one.
      threads: values.THREADS ?? Math.max(2, availableParallelism() - 1),
      timeoutMs: values.EVALUATION_TIMEOUT_MS,
      memoryBytes: values.EVALUATION_MEMORY_MIB * 2 ** 20,
      maxWaiting: values.MAX_WAITING,
    },
    logLevel: values.LOG_LEVEL,
    metricsOpen: values.METRICS_OPEN,
  };
}

/** Reads the address of the service and the token for the commands that call it. Throws AppError `config_invalid`. */
export function readAccess(env: Environment): {
  url: string;
  token: string | null;
  tokenFile: string;
  isNamed: boolean;
} {
  const { URL, TOKEN, TOKEN_FILE, DATA_DIR } = parse(accessSchema.extend({ DATA_DIR: dataDir }), Object.entries(env));
  const isNamed = ['URL', 'TOKEN', 'TOKEN_FILE'].some((name) => env[`${PREFIX}${name}`] !== undefined);
  return { url: URL, token: TOKEN ?? null, tokenFile: TOKEN_FILE ?? join(DATA_DIR, 'admin.token'), isNamed };
}

/** Reads the data folder and the bundle for the commands that work without a service. Throws AppError `config_invalid`. */
export function readDataSettings(env: Environment): Pick<Config, 'dataDir' | 'bundle'> {
  const { DATA_DIR, BUNDLE } = parse(z.object({ DATA_DIR: dataDir, BUNDLE: bundle }), Object.entries(env));
  return { dataDir: DATA_DIR, bundle: BUNDLE ?? null };
}

/** Reads what the commands need that write to a data folder. Throws AppError `config_invalid`. */
export function readInstanceSettings(env: Environment): Pick<Config, 'dataDir' | 'issuer' | 'signingAlg'> {
  const { DATA_DIR, ISSUER, SIGNING_ALG } = parse(
    z.object({ DATA_DIR: dataDir, ISSUER: issuer, SIGNING_ALG: signingAlg }),
    Object.entries(env),
  );
  return { dataDir: DATA_DIR, issuer: ISSUER, signingAlg: SIGNING_ALG };
}

/** Reads where to find `opa`. An empty COUNTERSIGN_OPA counts as not set. */
export function readToolSettings(env: Environment): Pick<Config, 'opa' | 'cacheDir'> {
  return { opa: env[`${PREFIX}OPA`] || null, cacheDir: defaultCacheDir(env) };
}

function parse<T extends z.ZodType>(schema: T, env: [name: string, value: string | undefined][]): z.output<T> {
  const ours = env
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, value]) => [name.slice(PREFIX.length), value]);
  const result = schema.safeParse(Object.fromEntries(ours));
  if (result.success) return result.data;
  throw new AppError('config_invalid', `The configuration is not valid:\n${faultLines(result.error)}`);
}

function faultLines(error: z.ZodError): string {
  return error.issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `  ${PREFIX}${key}: unknown setting${suggestion(key)}`)
        : [`  ${PREFIX}${issue.path.join('.')}: ${messageOf(issue)}`],
    )
    .join('\n');
}

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return ['number', 'int'].includes(issue.expected) ? 'use a whole number' : issue.message;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `use a whole number of at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `use at most ${issue.maximum} characters`
        : `use a whole number of at most ${issue.maximum}`;
    case 'invalid_value':
      return `use one of ${issue.values.map(String).join(', ')}`;
    default:
      return issue.message;
  }
}

/** How many letters a name may differ in to be taken for a misspelling. */
const MAX_TYPOS = 3;

/** Names the setting that was probably meant; empty where none is near. */
function suggestion(key: string): string {
  const near = Object.keys(schema.shape)
    .map((name) => ({ name, distance: editDistance(key.toUpperCase(), name) }))
    .filter(({ name, distance }) => distance <= Math.min(MAX_TYPOS, name.length / 2))
    .sort((a, b) => a.distance - b.distance)[0];
  return near === undefined ? '' : `; did you mean ${PREFIX}${near.name}?`;
}

/** How many letters have to be inserted, removed or replaced (Levenshtein). */
function editDistance(a: string, b: string): number {
  if (a.length > 64) return a.length; // A name of the environment may be of any length.
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
