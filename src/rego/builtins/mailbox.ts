import { isDomainName } from './go-url.ts';

/** An e-mail address: the part before the @ as it is meant, and the domain in lower case. */
export interface Mailbox {
  local: string;
  domain: string;
}

const ATOM = /^(?:[\w!#$%&'*+\-/=?^`{|}~.]|\\.)+(?=@)/s;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 2821 has them in quotes.
const QUOTED = /^"((?:[\x01-\x08\x0b\x0c\x0e-!#-[\]-\x7f]|\\[\x01-\x09\x0b\x0c\x0e-\x7f])*)"(?=@)/;

/** Undefined for what RFC 2821 does not take for an address. Behind the @, anything may stand for a domain. */
export function parseMailbox(address: string): Mailbox | undefined {
  const [whole, quoted] = QUOTED.exec(address) ?? ATOM.exec(address) ?? [];
  if (whole === undefined) return undefined;
  const local = (quoted ?? whole).replace(/\\(.)/gs, '$1');
  const domain = address.slice(whole.length + 1);
  if (quoted === undefined && /^\.|\.\.|\.$/.test(local)) return undefined;
  return isDomainName(domain) ? { local, domain: domain.toLowerCase() } : undefined;
}
