import { AppError } from '../base/errors.ts';
import { isLoopback } from '../base/loopback.ts';
import type { PolicySource } from '../evaluation/policy.ts';

/** What the log and the greeting say as long as the active bundle is one of the example organisation. */
export const EXAMPLE_WARNING =
  'The active policy is for the example organisation, whose people are fictional. Set COUNTERSIGN_BUNDLE to your own bundle.';

/**
 * Refuses a bundle of the example organisation where other machines can reach the service: nobody outside of this machine may
 * be told that fictional people approved something. Throws AppError `bundle_invalid`.
 */
export function refuseExample(
  { people }: Pick<PolicySource, 'people'>,
  { host, allowExample }: { host: string; allowExample: boolean },
): void {
  if (!people.organisation.example || allowExample || isLoopback(host)) return;
  throw new AppError(
    'bundle_invalid',
    `This bundle is for the example organisation, whose people are fictional, and other machines can reach ${host}. ` +
      'Set COUNTERSIGN_BUNDLE to your own bundle, listen on 127.0.0.1, or start with --allow-example. ' +
      '("example": true in organisation/data.json marks the example.)',
  );
}
