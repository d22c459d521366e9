import { EXAMPLE_WARNING } from '../activation/example-organisation.ts';

export interface GreetingParts {
  version: string;
  /** The address on which the service listens. */
  url: string;
  /** Where the active bundle comes from, and its revision. */
  policy: { source: string; revision: string };
  /** The kinds of request that the active bundle decides. */
  kinds: readonly string[];
  isExample: boolean;
  keysDir: string;
  activeKid: string;
  tokenFile: string;
  /** A request that the example organisation allows. */
  exampleRequest: string;
  /** Why the clock is not trusted; null where it is. */
  clockDoubt: string | null;
}

/** The text printed after the start: addresses and files, and a first call to try. */
export function greeting(parts: GreetingParts): string {
  const { version, url, policy, kinds, isExample, keysDir, activeKid, tokenFile, clockDoubt } = parts;
  // The request of the example organisation does not apply to others.
  const request = isExample ? parts.exampleRequest : 'request.json';
  const about = isExample
    ? 'Ask for a decision:'
    : `Ask for a decision, with a request of your own in request.json (${kinds.join(', ')}; see docs/deciding.md):`;
  return `Countersign ${version} listens on ${url}
  policy        ${policy.source} (revision ${policy.revision})
  signing keys  ${keysDir} (active: ${activeKid})
  admin token   ${tokenFile}
${isExample ? `\n${EXAMPLE_WARNING}\n` : ''}
${about}

  curl -s '${reachable(url)}/v1/decisions' -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer $(cat '${tokenFile}')" -d @'${request}'; echo
${clockDoubt === null ? '' : `\nThe service answers 503 for now. ${clockDoubt}\n`}`;
}

/** Where this machine reaches a service that listens on all addresses. */
export function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
