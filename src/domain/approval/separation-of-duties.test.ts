import { describe, expect, it } from 'vitest';
import type { Caller, Persons } from '../../contract/record.ts';
import { createDirectory, readDirectoryData } from '../directory.ts';
import { parseRequest } from '../request.ts';
import { personsOf, separateDuties } from './separation-of-duties.ts';

const directory = createDirectory(
  readDirectoryData({
    identities: { ann: 'ann', 'ann@x': 'ann', bob: 'bob', 'bob@x': 'bob', cyd: 'cyd', ghost: 'nobody', dan: 'dan' },
    organisation: {
      people: {
        ann: { groups: ['leads'], team: 'pay' },
        bob: { groups: [] },
        cyd: { groups: [] },
        dan: { groups: [], active: false },
      },
      groups: { leads: { within: ['pay'] }, pay: { within: ['engineering'] }, engineering: { within: ['pay'] } },
    },
  }),
);

function separate(
  subject: string,
  principal: string | null = null,
  requestedBy?: string,
  {
    type = subject.startsWith('pipeline:') ? 'workload' : 'user',
    ...pinned
  }: Partial<Persons> & { type?: string } = {},
) {
  const context = requestedBy === undefined ? {} : { requested_by: requestedBy };
  const request = parseRequest({
    subject: { type, id: subject },
    action: { name: 'issue' },
    resource: { type: 'api_key', id: 'k' },
    context,
  });
  const person = principal === null ? null : directory.personOf(principal);
  const caller: Caller = { client: 'c', scopes: [], claims: {}, principal, person };
  const opened = personsOf(request, caller, directory);
  return separateDuties(request, caller, { ...opened, ...pinned }, directory);
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
    ['a subject of a person type who is nobody', ['PRIYA.NAIR', 'bob'], ['subject_unknown']],
    ['a subject of a type that the data do not know', ['r2', 'bob', undefined, { type: 'robot' }], ['subject_unknown']],
    ['nobody at all', ['pipeline:x'], ['requester_missing']],
    ['strangers only', ['pipeline:x', 's1', 's2'], ['requester_unknown', 'caller_unknown', 'requester_missing']],
  ])('cannot determine %s', (_name, args, codes) => {
    expect(separate(...args).undetermined).toEqual(codes);
  });

  it('bars whoever was the subject, caller or requester when the case was opened, and forbids what changed', () => {
    const { barred, forbidden } = separate('ann', 'bob', 'cyd', { subject: 'sue', caller: 'bob', requester: null });
    expect(barred.map(({ person, code }) => `${person} ${code}`)).toEqual([
      'sue approver_is_subject',
      'ann approver_is_subject',
      'bob approver_is_caller',
      'cyd approver_is_requester',
    ]);
    expect(forbidden).toEqual(['identity_changed']);
    expect(separate('ann', 'bob', 'cyd').forbidden).toEqual([]);
    expect(separate('pipeline:x', 'bob', undefined, { subject: 'ann' }).forbidden).toEqual(['identity_changed']);
  });

  it('forbids what somebody asks who has left', () => {
    expect(separate('ann', 'dan').forbidden).toEqual(['caller_inactive']);
    expect(separate('ann', 'bob', 'dan').forbidden).toEqual(['requester_inactive']);
    expect(separate('dan').forbidden).toEqual([]); // Whether a subject has to be there is left to policy.
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
