/** Why a call of `fetch` failed, and what to do about it. */
export interface Unreachable {
  /** A sentence each for what is wrong and what to do. It holds no header of the call, and so no token. */
  message: string;
  /** Whether the same call may succeed some seconds later. */
  isPassing: boolean;
}

interface Cause {
  wrong: string;
  todo: string;
  isPassing: boolean;
}

const UNTRUSTED: Cause = {
  wrong: 'its certificate is not signed by an authority that this machine trusts',
  todo: 'Give the certificate of your authority in NODE_EXTRA_CA_CERTS, or start with --use-system-ca in NODE_OPTIONS.',
  isPassing: false,
};
const NO_ROUTE: Cause = {
  wrong: 'there is no route to it',
  todo: 'Check the network, the firewall and the VPN.',
  isPassing: true,
};
const TIMED_OUT: Cause = {
  wrong: 'it did not answer in time',
  todo: 'Check that the address is right, and that no firewall blocks the call.',
  isPassing: true,
};
const CLOSED: Cause = {
  wrong: 'it closed the connection without an answer',
  todo: 'If it uses TLS, write https:// in its address; otherwise check its log, or the log of the proxy in front of it.',
  isPassing: true,
};
const NO_HTTP: Cause = {
  wrong: 'the server there does not speak HTTP',
  todo: 'Check host and port of the address.',
  isPassing: false,
};

/** By the `code` that Node gives an error of the socket, of TLS (OpenSSL's names) or of its HTTP client. */
const CAUSES: Readonly<Record<string, Cause>> = {
  ENOTFOUND: {
    wrong: 'its host name is not known (DNS)',
    todo: 'Check the spelling of the address, and the DNS of this machine.',
    isPassing: true,
  },
  EAI_AGAIN: {
    wrong: 'the DNS server of this machine does not answer',
    todo: 'Check the network of this machine.',
    isPassing: true,
  },
  ECONNREFUSED: {
    wrong: 'the connection was refused',
    todo: 'Check that the service runs, and that host and port of the address are right.',
    isPassing: true,
  },
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
  UND_ERR_SOCKET: CLOSED,
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  EADDRNOTAVAIL: NO_ROUTE,
  ETIMEDOUT: TIMED_OUT,
  UND_ERR_CONNECT_TIMEOUT: TIMED_OUT,
  UND_ERR_HEADERS_TIMEOUT: TIMED_OUT,
  UND_ERR_BODY_TIMEOUT: TIMED_OUT,
  CERT_HAS_EXPIRED: {
    wrong: 'its certificate has expired (TLS)',
    todo: 'Renew the certificate of the service, and check the clock of this machine.',
    isPassing: false,
  },
  CERT_NOT_YET_VALID: {
    wrong: 'its certificate is not valid yet (TLS)',
    todo: 'Check the clock of this machine, and the certificate of the service.',
    isPassing: false,
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    wrong: 'its certificate is for another host name (TLS)',
    todo: 'Use a name that the certificate contains, or install a certificate for this name.',
    isPassing: false,
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { ...UNTRUSTED, wrong: 'its certificate is self-signed, and not trusted here (TLS)' },
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  ERR_SSL_WRONG_VERSION_NUMBER: {
    wrong: 'the server there does not speak TLS',
    todo: 'Write http:// in the address, or put TLS in front of the service.',
    isPassing: false,
  },
  ERR_INVALID_URL: {
    wrong: 'it is not a valid address',
    todo: 'Write it like https://countersign.example.com.',
    isPassing: false,
  },
};

/** Says what an error of `fetch` to this address means. Unknown causes keep their own words. */
export function explainUnreachable(address: string, error: unknown): Unreachable {
  const { wrong, todo, isPassing } = causeOf(error as Error);
  return { message: `${address} cannot be reached: ${wrong}. ${todo}`, isPassing };
}

function causeOf(error: Error): Cause {
  if (error.name === 'TimeoutError') return TIMED_OUT;
  const cause = (error.cause ?? {}) as Error & { code?: string; errors?: { code?: string }[] };
  // Where a name has several addresses, the error holds one of each.
  const code = cause.code ?? cause.errors?.[0]?.code ?? '';
  const known = CAUSES[code];
  if (known !== undefined) return known;
  if (cause.name === 'HTTPParserError') return NO_HTTP;
  if (/^(ERR_SSL_|ERR_TLS_|CERT_|EPROTO)/.test(code)) {
    return {
      wrong: `TLS failed (${code})`,
      todo: 'Check the certificate and the TLS settings of the service.',
      isPassing: false,
    };
  }
  const words = code || cause.message || error.name;
  return { wrong: `the call failed (${words})`, todo: 'Check the address.', isPassing: true };
}
