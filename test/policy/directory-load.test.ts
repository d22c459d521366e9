import { describe, expect, it, onTestFinished } from 'vitest';
import { readBundle } from '../../src/bundle/bundle.ts';
import { preparePolicy } from '../../src/evaluation/policy.ts';
import { bundleFile, bundleWith } from '../support/bundles.ts';
import { startService } from '../support/service.ts';

interface Data {
  identities: Record<string, string>;
  organisation: { groups: Record<string, { within?: string[] }> };
}

/** The shipped bundle with other data, as if somebody had built it without `policy check`. */
const bundleOf = (change: (data: Data) => void) => bundleWith((data) => change(data as unknown as Data));

const within = (group: string, parent: string) => (data: Data) => {
  data.organisation.groups[group] = { within: [parent] };
};

describe('a bundle that was built elsewhere', () => {
  it.each<[string, (data: Data) => void, RegExp]>([
    [
      'identities that differ in case only',
      ({ identities }) => (identities['Amara.Okafor'] = 'mei.tanaka'),
      /identities\/Amara\.Okafor mei\.tanaka could be mistaken for amara\.okafor/,
    ],
    [
      'identities that look alike',
      ({ identities }) => (identities['am\u0430ra.okafor'] = 'mei.tanaka'),
      /mei\.tanaka could be mistaken for amara\.okafor/,
    ],
    ['groups within each other', within('engineering', 'payments'), /groups\/\S+ a group must not contain itself/],
  ])('is refused with %s', async (_, change, why) => {
    await expect(preparePolicy(await readBundle(await bundleOf(change)))).rejects.toThrow(
      expect.objectContaining({ code: 'bundle_invalid', message: expect.stringMatching(why) }),
    );
  });

  it('does not decide in a service', async () => {
    const file = await bundleFile(await bundleOf(({ identities }) => (identities['PNAIR'] = 'tom.harris')));
    const starting = startService({ COUNTERSIGN_BUNDLE: file });
    onTestFinished(() => starting.then(({ stop }) => stop()).catch(() => {})); // It should not have started.
    await expect(starting).rejects.toThrow(/PNAIR/);
  });
});
