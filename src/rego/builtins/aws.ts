import { createHmac, hash } from 'node:crypto';
import {
  Decimal,
  formatRegoSorted,
  goJsonText,
  isRegoObject,
  type RegoObject,
  type RegoValue,
  regoEntries,
  sortedEntries,
  toJson,
} from '../value.ts';
import type { Builtin, BuiltinTable } from './builtin.ts';
import { goQuote } from './go-quote.ts';
import { parseUrl } from './go-url.ts';
import { numberOperand, OperandError, objectOperand, operandTypeError } from './operands.ts';

const REQUIRED_CONFIG = ['aws_access_key', 'aws_region', 'aws_secret_access_key', 'aws_service'] as const;
const REQUIRED_OF_REQUEST = ['method', 'url'] as const;

/** The members that http.send takes, too. */
const KNOWN_IN_REQUEST: ReadonlySet<RegoValue> = new Set([
  ...['method', 'url', 'body', 'enable_redirect', 'force_json_decode', 'force_yaml_decode', 'headers', 'raw_body'],
  ...['tls_use_system_certs', 'tls_ca_cert', 'tls_ca_cert_file', 'tls_ca_cert_env_variable', 'tls_client_cert'],
  ...['tls_client_cert_file', 'tls_client_cert_env_variable', 'tls_client_key', 'tls_client_key_file'],
  ...['tls_client_key_env_variable', 'tls_insecure_skip_verify', 'tls_server_name', 'timeout', 'cache', 'force_cache'],
  ...['force_cache_duration_seconds', 'raise_error', 'caching_mode', 'max_retry_attempts', 'cache_ignored_headers'],
]);

/** Proxies change these on the way, so they are not signed. */
const UNSIGNED_HEADERS: ReadonlySet<string> = new Set(['authorization', 'user-agent', 'x-amzn-trace-id']);

const INT64 = 2n ** 63n;

interface Credentials {
  accessKey: string;
  secretKey: string;
  sessionToken: string;
  region: string;
  service: string;
}

interface Signing {
  method: string;
  url: string;
  headers: ReadonlyMap<string, string>;
  /** Its SHA-256 in hex, or that it is not signed. */
  payload: string;
  /** In seconds, as `20060102T150405Z`. */
  instant: string;
}

/** A request with the headers of AWS Signature Version 4, signed for the instant of the third operand. */
const signRequest: Builtin = (requestValue, configValue, nanoseconds) => {
  const request = objectOperand(requestValue as RegoValue, 1);
  const config = objectOperand(configValue as RegoValue, 2);
  const settings = membersOf(config);
  refuseMissing(settings, REQUIRED_CONFIG, 2, 'AWS config parameters(s)');
  refuseOtherThanText(settings, REQUIRED_CONFIG, 2, 'AWS config parameters(s)');
  const instant = instantOf(nanoseconds as RegoValue);
  const members = membersOf(request);
  const unknown = [...members.keys()].filter((key) => !KNOWN_IN_REQUEST.has(key));
  if (unknown.length > 0) throw new OperandError(1, `invalid request parameters(s): ${setText(unknown)}`);
  refuseMissing(members, REQUIRED_OF_REQUEST, 1, 'request parameters(s)');
  const headers = headersOf(members.get('headers'));
  refuseOtherThanText(members, REQUIRED_OF_REQUEST, 1, 'request parameters(s)');
  // Go parses the URL before it looks at the payload.
  const [method, url] = [textOf(members.get('method')), textOf(members.get('url'))];
  parseUrl(url);
  const payload = payloadOf(members, settings.get('disable_payload_signing'));
  const signed = sign({ method, url, headers, payload, instant }, credentialsOf(settings));
  return { ...Object.fromEntries(members), headers: Object.fromEntries([...headers, ...signed]) };
};

export const awsBuiltins: BuiltinTable = { 'providers.aws.sign_req': signRequest };

type Members = ReadonlyMap<RegoValue, RegoValue>;

function membersOf(object: RegoObject): Members {
  return new Map(regoEntries(object));
}

function refuseMissing(members: Members, required: readonly string[], position: number, what: string): void {
  const missing = required.filter((name) => !members.has(name));
  if (missing.length > 0) throw new OperandError(position, `missing required ${what}: ${setText(missing)}`);
}

function refuseOtherThanText(members: Members, required: readonly string[], position: number, what: string): void {
  const wrong = required.filter((name) => typeof members.get(name) !== 'string');
  if (wrong.length > 0) throw new OperandError(position, `invalid values for required ${what}: ${setText(wrong)}`);
}

function setText(members: readonly RegoValue[]): string {
  return formatRegoSorted(new Set(members));
}

/** OPA takes other values than texts for empty ones. */
function textOf(value: RegoValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function instantOf(nanoseconds: RegoValue): string {
  const number = numberOperand(nanoseconds, 1);
  // By its text: OPA reads `1e9` as a number, but not as an integer.
  const isInteger = !(nanoseconds instanceof Decimal) && (typeof number === 'bigint' || Number.isInteger(number));
  if (!isInteger || BigInt(number) >= INT64 || BigInt(number) < -INT64) {
    throw new OperandError(3, 'could not convert time_ns value into a unix timestamp');
  }
  const ns = BigInt(number);
  const seconds = (ns - (((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function headersOf(headers: RegoValue | undefined): ReadonlyMap<string, string> {
  if (headers === undefined) return new Map();
  if (!isRegoObject(headers)) throw operandTypeError(headers, 0, 'object');
  return new Map(sortedEntries(headers).map(([name, value]) => [textOf(name), textOf(value)]));
}

function payloadOf(members: Members, disabled: RegoValue | undefined): string {
  if (disabled !== undefined && typeof disabled !== 'boolean') {
    throw new OperandError(2, "invalid value for 'disable_payload_signing' in AWS config");
  }
  if (disabled) return 'UNSIGNED-PAYLOAD';
  const [body, rawBody] = [members.get('body'), members.get('raw_body')];
  if (rawBody !== undefined) return hash('sha256', textOf(rawBody));
  return hash('sha256', body === undefined ? '' : goJsonText(toJson(body)));
}

function credentialsOf(settings: Members): Credentials {
  return {
    accessKey: textOf(settings.get('aws_access_key')),
    secretKey: textOf(settings.get('aws_secret_access_key')),
    sessionToken: textOf(settings.get('aws_session_token')),
    region: textOf(settings.get('aws_region')),
    service: textOf(settings.get('aws_service')),
  };
}

/** The headers that signing adds. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function sign(signing: Signing, credentials: Credentials): ReadonlyMap<string, string> {
  const { method, url, headers, payload, instant } = signing;
  const { accessKey, sessionToken, region, service } = credentials;
  const { host, escapedPath, rawQuery } = parseUrl(url);
  const added = new Map([
    ['host', host],
    ['x-amz-date', instant],
    ...(service === 's3' || service === 'glacier' ? [['x-amz-content-sha256', payload] as const] : []),
    ...(sessionToken === '' ? [] : [['x-amz-security-token', sessionToken] as const]),
  ]);
  const signed = [...new Map([...added, ...signedHeaders(headers)])].sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const request = [method, escapedPath, rawQuery, lines, names, payload].join('\n');
  const scope = [instant.slice(0, 8), region, service, 'aws4_request'];
  const text = ['AWS4-HMAC-SHA256', instant, scope.join('/'), hash('sha256', request)].join('\n');
  const key = scope.reduce<Buffer>((secret, part) => hmac(part, secret), Buffer.from(`AWS4${credentials.secretKey}`));
  const signature = hmac(text, key).toString('hex');
  const credential = `${accessKey}/${scope.join('/')}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=${signature}`;
  return new Map([['Authorization', authorization], ...added]);
}

/** Throws Error for names that are one in lower case: which of them OPA signs is up to chance. */
function signedHeaders(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const signed = new Map<string, string>();
  for (const [name, value] of headers) {
    // No header of HTTP has such a name (RFC 9110, 5.1), and Go's lower case of it is not that of JavaScript.
    if (!isAscii(name)) throw new Error(`the header ${goQuote(name)} is not supported: its name is not ASCII`);
    const lowerCased = name.toLowerCase();
    if (UNSIGNED_HEADERS.has(lowerCased)) continue;
    if (signed.has(lowerCased)) throw new Error(`more than one header is named ${goQuote(lowerCased)}`);
    signed.set(lowerCased, value);
  }
  return signed;
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

function hmac(text: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
