import { describe, expect, it } from 'vitest';
import { createDirectory, readDirectoryData } from './directory.ts';
import type { Caller } from './record.ts';
import { parseRequest } from './request.ts';
import { separateDuties } from './separation-of-duties.ts';

const directory = createDirectory(
  readDirectoryData({
    identities: { ann: 'ann', 'ann@x': 'ann', bob: 'bob', 'bob@x': 'bob', cyd: 'cyd', ghost: 'nobody' },
    organisation: {
      people: { ann: { groups: ['leads'], team: 'pay' }, bob: { groups: [] }, cyd: { groups: [] } },
      groups: { leads: { within: ['pay'] }, pay: { within: ['engineering'] }, engineering: { within: ['pay'] } },
    },
  }),
);

function separate(subject: string, principal: string | null = null, requestedBy?: string) {
  const context = requestedBy === undefined ? {} : { requested_by: requestedBy };
  const request = parseRequest({
    subject: { type: 'user', id: subject },
    action: { name: 'issue' },
    resource: { type: 'api_key', id: 'k' },
    context,
  });
  const person = principal === null ? null : directory.personOf(principal);
  const caller: Caller = { client: 'c', scopes: [], claims: {}, principal, person };
  return separateDuties(request, caller, directory);
}

describe('separateDuties', () => {
  it('bars subject, caller and requester under all their names', () => {
    const { barred, undetermined } = separate('ann@x', 'bob@x', 'cyd');
    expect(new Set(barred.map(({ person, code }) => `${person} ${code}`))).toEqual(
      new Set(['ann approver_is_subject', 'bob approver_is_caller', 'cyd approver_is_requester']),
    );
    expect(undetermined).toEqual([]);
  });

  it.each<[string, Parameters<typeof separate>, string[]]>([
    ['a requester whom nobody knows', ['ann', null, 'stranger'], ['requester_unknown']],
    ['a caller whom nobody knows', ['ann', 'Bob@x'], ['caller_unknown']],
    ['a mapping to a person who is not there', ['ann', 'ghost'], ['caller_unknown']],
    ['nobody at all', ['pipeline:x'], ['requester_missing']],
    ['strangers only', ['pipeline:x', 's1', 's2'], ['requester_unknown', 'caller_unknown', 'requester_missing']],
  ])('cannot determine %s', (_name, args, codes) => {
    expect(separate(...args).undetermined).toEqual(codes);
  });

  it('finds one person behind a pipeline enough', () => {
    expect(separate('pipeline:x', null, 'cyd').undetermined).toEqual([]);
    expect(separate('pipeline:x', 'bob').undetermined).toEqual([]);
  });
});

describe('the directory', () => {
  it('closes groups over the groups that they are within, rings included', () => {
    expect(directory.groupsOf('ann')).toEqual(['engineering', 'leads', 'pay']);
    expect(directory.groupsOf('nobody')).toEqual([]);
  });

  it('takes no name that it was not given', () => {
    for (const name of ['toString', '__proto__', 'constructor', 'Ann', '']) expect(directory.personOf(name)).toBeNull();
  });
});
