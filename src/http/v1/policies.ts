import type { Activation } from '../../activation/activation.ts';
import type { ActivationStatus } from '../../activation/activation-queue.ts';
import { AppError } from '../../base/errors.ts';
import { MAX_BUNDLE_BYTES } from '../../bundle/bundle.ts';
import type { Sweep, SweepStatus } from '../../cases/sweep.ts';
import { BUNDLE_TYPES } from '../../contract/calls/policy-calls.ts';
import { CALLS } from '../../contract/calls/table.ts';
import type { Policies } from '../../contract/policies.ts';
import type { Caller } from '../../contract/record.ts';
import type { Route } from '../route.ts';

export function policyRoutes(
  { status, upload }: Pick<Activation, 'status' | 'upload'>,
  sweep: Pick<Sweep, 'status'>,
  revalidate: (caller: Caller) => Promise<void>,
): Route[] {
  const toBody = (status: ActivationStatus) => bodyOf(status, sweep.status());
  return [
    {
      ...CALLS.getPolicies,
      handle: () => ({ status: 200, body: toBody(status()) }),
    },
    {
      ...CALLS.activatePolicy,
      bodyTypes: BUNDLE_TYPES,
      maxBodyBytes: MAX_BUNDLE_BYTES,
      async handle({ body, caller }) {
        const { client, principal } = caller;
        try {
          const activated = await upload(body as Uint8Array, { client, principal }, () => revalidate(caller));
          return { status: 200, body: toBody(activated) };
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'bundle_invalid') throw error;
          throw new AppError('bundle_refused', error.message, { cause: error });
        }
      },
    },
  ];
}

function bodyOf({ ref, since, origin, remarks, lastError }: ActivationStatus, sweep: SweepStatus | null): Policies {
  const active = { ...ref, since, source: origin.source, uploaded_by: origin.by, remarks: [...remarks] };
  return { active, last_error: lastError, sweep };
}
