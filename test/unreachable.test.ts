import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer as createTls } from 'node:https';
import { type AddressInfo, createServer as createSocket, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../src/client/client.ts';
import { explainUnreachable } from '../src/client/unreachable.ts';
import { countersign } from './support/command.ts';
import { temporaryDir } from './support/service.ts';

const TOKEN = 'cs_0123456789abcdef_secret';
const open: Server[] = [];

async function listen<S extends Server>(server: S): Promise<number> {
  open.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Makes a certificate for `localhost` that signs itself, valid from the one day to the other (YYYYMMDD). */
function selfSigned(from: string, to: string) {
  const cwd = temporaryDir('tls');
  const settings = {
    ca: { default_ca: 'it' },
    it: {
      database: 'index',
      serial: 'serial',
      new_certs_dir: '.',
      default_md: 'sha256',
      policy: 'p',
      x509_extensions: 'x',
    },
    p: { commonName: 'supplied' },
    x: { subjectAltName: 'DNS:localhost', basicConstraints: 'CA:true' },
  };
  const lines = Object.entries(settings).map(
    ([name, section]) =>
      `[${name}]\n${Object.entries(section)
        .map((pair) => pair.join('='))
        .join('\n')}\n`,
  );
  writeFileSync(join(cwd, 'ca.cnf'), lines.join(''));
  writeFileSync(join(cwd, 'index'), '');
  writeFileSync(join(cwd, 'serial'), '01');
  const openssl = (args: string) => execFileSync('openssl', args.split(' '), { cwd, stdio: 'pipe' });
  openssl('req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out csr -subj /CN=localhost');
  openssl(
    `ca -batch -selfsign -config ca.cnf -in csr -keyfile key -out crt -notext -startdate ${from}000000Z -enddate ${to}000000Z`,
  );
  return { file: join(cwd, 'crt'), key: readFileSync(join(cwd, 'key')), cert: readFileSync(join(cwd, 'crt')) };
}

const EXPIRED = 'expired';
const VALID = 'valid';
let certificates: Record<string, ReturnType<typeof selfSigned>>;
const ports: Record<string, number> = {};
let accepted = 0;

beforeAll(async () => {
  certificates = { [VALID]: selfSigned('20200101', '20991231'), [EXPIRED]: selfSigned('20200101', '20200102') };
  for (const [name, pair] of Object.entries(certificates)) {
    ports[name] = await listen(createTls(pair, (_req, res) => res.end('{}')).on('connection', () => accepted++));
  }
  ports['plain'] = await listen(createPlain((_req, res) => res.end('{}')));
  ports['mute'] = await listen(createSocket());
  ports['cut'] = await listen(createSocket((socket) => socket.destroy()));
  ports['other'] = await listen(createSocket((socket) => socket.end('SSH-2.0-OpenSSH\r\n')));
  ports['half'] = await listen(
    createPlain((_req, res) => res.writeHead(201, { 'content-length': 9 }).write('{"id"', () => res.destroy())),
  );
  const gone = createSocket();
  ports['nobody'] = await listen(gone);
  gone.close();
});
afterAll(() => {
  for (const server of open) server.close();
});

describe('a service that cannot be reached', () => {
  it.each<[string, string, RegExp]>([
    ['its name is unknown', 'http://countersign.invalid', /host name is not known \(DNS\).*Check the spelling/],
    ['nothing listens', 'http://localhost:nobody', /connection was refused.*Check that the service runs/],
    ['it signed its certificate itself', 'https://localhost:valid', /self-signed.*\(TLS\).*NODE_EXTRA_CA_CERTS/],
    ['its certificate has expired', 'https://localhost:expired', /certificate has expired \(TLS\).*Renew/],
    ['it speaks no TLS', 'https://localhost:plain', /does not speak TLS.*Write http:/],
    ['it speaks TLS', 'http://localhost:valid', /closed the connection.*write https:/],
    ['it never answers', 'http://localhost:mute', /did not answer in time.*firewall/],
    ['it hangs up', 'http://localhost:cut', /closed the connection without an answer/],
    ['it hangs up in the middle', 'http://localhost:half', /closed the connection without an answer/],
    ['it speaks something else', 'http://localhost:other', /does not speak HTTP.*host and port/],
    ['its address is none', 'http://[', /it is not a valid address/],
  ])('where %s says so, and what to do', async (_why, address, words) => {
    const url = address.replace(/(?<=localhost:)\w+/, (name) => String(ports[name]));
    const client = createClient({ url, token: TOKEN, tries: 1, timeoutMs: 1000 });
    const error = await client.getDecision('x').catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'CountersignError', status: 0, code: 'unreachable' });
    expect(error.message).toMatch(words);
    expect(error.message).toContain(url);
    expect(error.message).not.toContain(TOKEN);
  });

  it.each<[string, string, RegExp]>([
    ['expired', 'localhost', /certificate has expired/],
    ['valid', '127.0.0.1', /certificate is for another host name/],
  ])('with a trusted certificate that is %s at %s: exit 3, and one line', async (name, host, words) => {
    const env = { NODE_EXTRA_CA_CERTS: certificates[name]?.file ?? '', COUNTERSIGN_TOKEN: TOKEN };
    const url = `https://${host}:${ports[name]}`;
    const commands = [
      ['decide', '-', '--url', url],
      ['explain', '019aab00-0000-7000-8000-000000000001', '--url', url],
      ['verify', '-', '--jwks', `${url}/.well-known/jwks.json`],
    ];
    for (const args of commands) {
      const { code, out, err } = await countersign(args, { env, stdin: '{}' });
      expect([code, out]).toEqual([3, '']);
      expect(err.replace(/Warning: .*\n/, '')).toMatch(words);
      expect(err).not.toContain(TOKEN);
    }
  });

  it('is not asked again where that cannot help', async () => {
    const before = accepted;
    await createClient({ url: `https://localhost:${ports[EXPIRED]}`, token: TOKEN })
      .getDecision('x')
      .catch(() => {});
    expect(accepted).toBe(before + 1);
  });

  it('keeps the words of a cause that is not known', () => {
    const error = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'E_NEW' }) });
    expect(explainUnreachable('It', error)).toMatchObject({
      message: expect.stringContaining('E_NEW'),
      isPassing: true,
    });
    const tls = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ERR_SSL_NEW' }) });
    expect(explainUnreachable('It', tls)).toMatchObject({ message: expect.stringContaining('TLS'), isPassing: false });
    const many = new TypeError('fetch failed', {
      cause: new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]),
    });
    expect(explainUnreachable('It', many).message).toContain('refused');
  });
});

it('a token that cannot stand in a header is refused without being repeated', () => {
  for (const token of ['', 'a b', 'secret\r\nX-Evil: 1', 'sécret']) {
    const make = () => createClient({ url: 'http://localhost', token });
    expect(make).toThrow(/The token is empty, or contains/);
    expect(make).not.toThrow(/secret|Evil/);
  }
});
