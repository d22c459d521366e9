import { beforeAll, describe, expect, it } from 'vitest';
import { checkPolicies } from '../../src/authoring/check-policies.ts';
import { lintPolicies } from '../../src/authoring/lint-policies.ts';
import { policyFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

let opa: string;

beforeAll(async () => {
  opa = await realTool('opa');
});

/** What `check` has to say about rules of a package `a`, line by line, without the folder. */
async function faultsOf(rules: string, others: Record<string, string> = {}): Promise<string[]> {
  const policiesDir = await policyFolder({ 'a/a.rego': `package a\n\n${rules}\n`, ...others });
  const error = await checkPolicies({ policiesDir, opa }).catch((reason: Error) => reason);
  return error ? error.message.replaceAll(`${policiesDir}/`, '').split('\n') : [];
}

const taken = (what: string, member: string) =>
  `takes ${what} from the request (${member}), which cannot vouch for itself: ` +
  'take it from data or from the verified caller (asserted-fact)';

const OWNER = taken('ownership', 'request.resource.properties.owner');

const LIB = `package lib

resource := input.request.resource

properties_of(request) := request.resource.properties

said(name) := input.request.context[name]

all_that_is_said := {"of_resource": input.request.resource.properties, "at": input.now}
`;

const KINDS_OF_BAD: [name: string, rules: string, fault: string][] = [
  ['a plain reference', 'x if input.request.resource.properties.owner == "me"', `a/a.rego:3:6: ${OWNER}`],
  ['brackets', 'x if input["request"]["resource"].properties["owner"] == "me"', `a/a.rego:3:6: ${OWNER}`],
  [
    'a denial',
    'x contains "no" if not _mine\n\n_mine if input.request.resource.properties.owner',
    `a/a.rego:5:10: ${OWNER}`,
  ],
  ['a head', 'x := input.request.resource.properties.owner', `a/a.rego:3:6: ${OWNER}`],
  ['a default', 'x := object.get(input.request.resource.properties, "owner", "us")', `a/a.rego:3:6: ${OWNER}`],
  ['a way', 'x := object.get(input, ["request", "resource", "properties", "owner"], "us")', `a/a.rego:3:6: ${OWNER}`],
  [
    'an alias',
    'x if {\n\tr := input.request\n\tp := r.resource.properties\n\tp.owner == "me"\n}',
    `a/a.rego:6:2: ${OWNER}`,
  ],
  ['a rule as alias', '_r := input.request.resource\n\nx := _r.properties.owner', `a/a.rego:5:6: ${OWNER}`],
  ['an import', 'import input.request as req\n\nx := req.resource.properties.owner', `a/a.rego:5:6: ${OWNER}`],
  ['a pattern', 'x := owner if {\n\t{"owner": owner} = input.request.resource.properties\n}', `a/a.rego:4:2: ${OWNER}`],
  [
    'a list as pattern',
    'x if {\n\t[r, _] := [input.request.resource, 1]\n\tr.properties.owner\n}',
    `a/a.rego:5:2: ${OWNER}`,
  ],
  [
    'an iteration',
    'x := value if {\n\tsome name, value in input.request.resource.properties\n\tname == "owner"\n}',
    `a/a.rego:5:2: ${OWNER}`,
  ],
  [
    'a variable key',
    'x := input.request.resource.properties[name] if some name in ["owner", "size"]',
    `a/a.rego:3:62: ${OWNER}`,
  ],
  ['the names', 'x if "owner" in object.keys(input.request.resource.properties)', `a/a.rego:3:6: ${OWNER}`],
  [
    'every',
    'x if {\n\tevery p in [input.request.resource.properties] {\n\t\tp.owner == "me"\n\t}\n}',
    `a/a.rego:5:3: ${OWNER}`,
  ],
  ['a comprehension', 'x := {p.owner | some p in {input.request.resource.properties}}', `a/a.rego:3:7: ${OWNER}`],
  ['walk', 'x := v if {\n\twalk(input.request, [path, v])\n\tpath[count(path) - 1] == "owner"\n}', 'a/a.rego:5:2'],
  [
    'walking through all',
    'x := v if {\n\twalk(input, [path, v])\n\tpath[count(path) - 1] == "owner"\n}',
    'a/a.rego:5:2',
  ],
  [
    'a copy',
    'x := {name: value | some name, value in input.request.resource.properties}.owner',
    `a/a.rego:3:6: ${OWNER}`,
  ],
  [
    'a rule as copy',
    'p[name] := value if some name, value in input.request.resource.properties\n\nx := p.owner',
    `a/a.rego:5:6: ${OWNER}`,
  ],
  [
    'a spelling of the name',
    'x := value if {\n\tsome name, value in input.request.resource.properties\n\tlower(name) == "owner"\n}',
    `a/a.rego:5:2: ${OWNER}`,
  ],
  [
    'a set of names',
    'x := [value | some name, value in input.request.resource.properties; name in {"owner", "a"}]',
    OWNER,
  ],
  [
    'a pattern for the name',
    'x := [value | some name, value in input.request.resource.properties; regex.match("^owner$", name)]',
    'takes ownership',
  ],
  ['an object to compare with', 'x if input.request.resource.properties == {"owner": "me"}', `a/a.rego:3:6: ${OWNER}`],
  [
    'a part of the request by a variable',
    'x := input.request[part].owner if some part in ["context", "subject"]',
    'takes ownership',
  ],
  [
    'a name in a constant',
    '_name := "owner"\n\nx := input.request.resource.properties[_name]',
    `a/a.rego:3:1: ${OWNER}`,
  ],
  ['a union', 'x := object.union({"a": 1}, input.request.resource.properties).owner', `a/a.rego:3:6: ${OWNER}`],
  ['a filter', 'x := object.filter(input.request.resource.properties, ["owner"])', `a/a.rego:3:6: ${OWNER}`],
  [
    'an else',
    'x := 1 if {\n\tinput.now == ""\n} else := input.request.resource.properties.owner',
    `a/a.rego:5:11: ${OWNER}`,
  ],
  ['a helper of a lib', 'import data.lib\n\nx := lib.resource.properties.owner', `a/a.rego:5:6: ${OWNER}`],
  [
    'a helper with an argument',
    'import data.lib\n\nx := lib.properties_of(input.request).owner',
    `a/a.rego:5:6: ${OWNER}`,
  ],
  [
    'a helper that is told the name',
    'import data.lib\n\nx := lib.said("environment")',
    `a/a.rego:5:6: ${taken('the environment', 'request.context.environment')}`,
  ],
  [
    'a helper that packs it',
    'import data.lib\n\nx := lib.all_that_is_said.of_resource.owner',
    `a/a.rego:5:6: ${OWNER}`,
  ],
  ['a package as a whole', 'x := data.lib.resource.properties.owner', `a/a.rego:3:6: ${OWNER}`],
  [
    'what is parsed',
    'x := json.unmarshal(input.request.context.blob).env',
    `a/a.rego:3:6: ${taken('the environment', 'request.context.blob.env')}`,
  ],
  ['a function that nobody calls', 'x(_) if input.request.resource.properties.owner == "me"', `a/a.rego:3:9: ${OWNER}`],
  [
    'another spelling',
    'x := input.request.context["dataClassification"]',
    `a/a.rego:3:6: ${taken('the classification', 'request.context.dataClassification')}`,
  ],
  [
    'groups of the subject',
    'x if "ops" in input.request.subject.properties.groups',
    `a/a.rego:3:15: ${taken('membership', 'request.subject.properties.groups')}`,
  ],
  [
    'on call',
    'x if input.request.context.on_call == true',
    `a/a.rego:3:6: ${taken('on-call duty', 'request.context.on_call')}`,
  ],
  [
    'the end of a contract',
    'x if input.request.context.contract_end > input.now',
    `a/a.rego:3:6: ${taken('the contract', 'request.context.contract_end')}`,
  ],
];

describe('a fact that policy takes from the request', () => {
  it.each(KINDS_OF_BAD)('is refused: %s', async (_, rules, fault) => {
    const faults = await faultsOf(rules, { 'lib/lib.rego': LIB });
    expect(faults.length).toBeGreaterThan(0);
    for (const each of faults) expect(each).toContain(fault);
  });
});

const replaced = (said: string, target: string) =>
  `replaces ${target} by ${said} of the request: ` +
  'the policy would then judge what the request says, not what is requested or known (asserted-fact)';

describe('what the request says in the place of something else', () => {
  const y = '\n\ny := data.config.limit if input.request.resource.id == "a"';

  it.each<[string, string, string]>([
    [
      'of what is asked for',
      'x if y with input.request.resource.id as input.request.context.really',
      replaced('request.context.really', 'input.request.resource.id'),
    ],
    [
      'of all input',
      'x if y with input as object.union(input, input.request.context)',
      replaced('request.context', 'input'),
    ],
    [
      'of all input, under another name',
      'x if {\n\tsaid := input.request.context\n\tboth := object.union(said, input)\n\ty with input as both\n}',
      replaced('request.context', 'input'),
    ],
    [
      'of a part of what is asked for',
      'x if y with input.request.resource as {"type": "a", "id": input.request.context.really}',
      replaced('request.context.really', 'input.request.resource'),
    ],
    [
      'of the caller',
      'x if y with input.caller as input.request.context.caller',
      replaced('request.context.caller', 'input.caller'),
    ],
    ['of time', 'x if y with input.now as input.request.context.at', replaced('request.context.at', 'input.now')],
    [
      'of approvals',
      'x if y with input.approvals as array.concat(input.approvals, input.request.context.more)',
      replaced('request.context.more', 'input.approvals'),
    ],
    [
      'of data',
      'x if y with data.config.limit as input.request.context.limit',
      replaced('request.context.limit', 'data.config.limit'),
    ],
    [
      'of what is asked for, looked up',
      'x if y with input.request.resource.id as data.config.owners[input.request.context.number]',
      replaced('request.context.number', 'input.request.resource.id'),
    ],
  ])('is refused: %s', async (_, rule, fault) => {
    const faults = await faultsOf(rule + y);
    expect(faults).toContainEqual(expect.stringMatching(/^a\/a\.rego:[36]:\d+: replaces/));
    expect(faults.map((each) => each.replace(/^\S+ /, ''))).toContain(fault);
  });

  it('is told of what it hides, too', async () => {
    const rules =
      'x if y with input.request.context as input.request.resource.properties\n\ny := input.request.context.owner';
    expect(await faultsOf(rules)).toEqual([
      `a/a.rego:3:6: ${replaced('request.resource.properties', 'input.request.context')}`,
      `a/a.rego:5:6: ${taken('ownership', 'request.context.owner')}`,
      `a/a.rego:5:6: ${OWNER}`,
    ]);
  });

  it.each([
    ['itself', 'x if y with input.request.resource.id as lower(input.request.resource.id)'],
    ['itself, in a whole', 'x if y with input.request as object.union(input.request, {"at": input.now})'],
    ['nothing', 'x if y with input.request.context as {}'],
    ['a constant', 'x if y with data.config.limit as 5'],
    ['less than there was', 'x if y with input.approvals as [a | some a in input.approvals; a.verdict == "approve"]'],
  ])('is fine where it is %s', async (_, rule) => {
    expect(await faultsOf(rule + y)).toEqual([]);
  });
});

const chosen = (what: string, fact: string, chooser: string) =>
  `takes ${what} of what the request chooses (${fact}, by ${chooser}), which cannot vouch for itself: ` +
  'find it by what is asked for, by data or by the verified caller (asserted-fact)';

describe('a fact of what the request chooses', () => {
  const SERVICES = 'data.organisation.services';
  const OF_SERVICE = chosen('ownership', `${SERVICES}[…].owner`, 'request.context.service');

  it.each<[string, string, string]>([
    ['a lookup', `x := ${SERVICES}[input.request.context.service].owner`, `a/a.rego:3:33: ${OF_SERVICE}`],
    [
      'a lookup with a default',
      `x := object.get(${SERVICES}, input.request.context.service, {}).owner`,
      `a/a.rego:3:45: ${OF_SERVICE}`,
    ],
    [
      'a way',
      `x := object.get(${SERVICES}, [input.request.context.service, "owner"], "us")`,
      `a/a.rego:3:46: ${OF_SERVICE}`,
    ],
    [
      'a second lookup',
      `_key := data.organisation.keys[input.request.context.key]\n\nx := ${SERVICES}[_key.service].owner`,
      `a/a.rego:3:32: ${chosen('ownership', `${SERVICES}[…].owner`, 'request.context.key')}`,
    ],
    [
      'a function of another package',
      'import data.lib\n\nx := lib.owner_of(input.request.context.service)',
      `a/a.rego:5:19: ${OF_SERVICE}`,
    ],
    [
      'properties',
      `x := ${SERVICES}[input.request.resource.properties.service].owner`,
      `a/a.rego:3:33: ${chosen('ownership', `${SERVICES}[…].owner`, 'request.resource.properties.service')}`,
    ],
    [
      'a key that is put together',
      `x := ${SERVICES}[concat("-", ["a", input.request.context.service])].owner`,
      `a/a.rego:3:51: ${OF_SERVICE}`,
    ],
    [
      'a key of many',
      `x := ${SERVICES}[name].owner if some name in input.request.context.services`,
      `a/a.rego:3:48: ${chosen('ownership', `${SERVICES}[…].owner`, 'request.context.services[…]')}`,
    ],
    [
      'a name as key',
      `x := ${SERVICES}[name].owner if some name, _ in input.request.context`,
      chosen('ownership', `${SERVICES}[…].owner`, 'request.context[…]'),
    ],
    [
      'a table of its own',
      `_owners := {id: service.owner | some id, service in ${SERVICES}}\n\nx := _owners[input.request.context.service]`,
      `a/a.rego:5:14: ${OF_SERVICE}`,
    ],
    [
      'a rule as a table',
      `_owners[id] := service.owner if some id, service in ${SERVICES}\n\nx := _owners[input.request.context.service]`,
      `a/a.rego:5:14: ${OF_SERVICE}`,
    ],
    [
      'an iteration',
      `x := service.owner if {\n\tsome id, service in ${SERVICES}\n\tid == input.request.context.service\n}`,
      `a/a.rego:5:2: ${OF_SERVICE}`,
    ],
    [
      'an iteration over what has a name',
      `x := service.owner if {\n\tsome service in ${SERVICES}\n\tservice.name == input.request.context.service\n}`,
      `a/a.rego:5:2: ${OF_SERVICE}`,
    ],
    [
      'a comprehension',
      `x := [service.owner | some service in ${SERVICES}; lower(service.name) == input.request.context.service]`,
      OF_SERVICE,
    ],
    [
      'a union with what is asked for',
      `x := ${SERVICES}[both.service].owner if both := object.union(input.request.resource, input.request.context)`,
      OF_SERVICE,
    ],
    [
      'a rota',
      'x if input.caller.person in data.organisation.on_call[input.request.context.team]',
      chosen('on-call duty', 'data.organisation.on_call', 'request.context.team'),
    ],
    [
      'groups of a person',
      'x if "ops" in data.organisation.people[data.identities[input.request.context.boss]].groups',
      chosen('membership', 'data.organisation.people[…].groups', 'request.context.boss'),
    ],
    [
      'a weight of an environment',
      'x := data.config.weights.environment[input.request.context.place]',
      chosen('the environment', 'data.config.weights.environment', 'request.context.place'),
    ],
  ])('is refused: %s', async (_, rules, fault) => {
    const lib = `package lib\n\nowner_of(service) := ${SERVICES}[service].owner\n`;
    const faults = await faultsOf(rules, { 'lib/lib.rego': lib });
    expect(faults).toContainEqual(expect.stringContaining(fault));
    for (const each of faults) expect(each).toMatch(/takes \S.* (of what the request chooses|from the request)/);
  });

  it.each([
    [
      'what is asked for',
      'x := data.organisation.resources[input.request.resource.type][input.request.resource.id].owner',
    ],
    ['the subject', 'x := data.organisation.people[data.identities[input.request.subject.id]].groups'],
    ['the caller', 'x := data.organisation.people[input.caller.person].groups'],
    [
      'an approver',
      'x := data.organisation.people[approval.approver.person].groups if some approval in input.approvals',
    ],
    ['data', `x := ${SERVICES}[data.config.service].owner`],
    ['a word of the request that leads to no fact', 'x if data.config.controls[input.request.context.control]'],
    [
      'one of many, that is not chosen',
      `x := input.request.context.service if {\n\tsome id, service in ${SERVICES}\n\tservice.owner == id\n}`,
    ],
  ])('passes where it is found by %s', async (_, rules) => {
    expect(await faultsOf(rules)).toEqual([]);
  });

  it('passes with a reason, where policy reads what chooses it', async () => {
    const comment = '# countersign ignore:asserted-fact who is to own it is asked for; whether they may, data say';
    const rules = `${comment}\n_asked := input.request.context.person\n\nx := data.organisation.people[_asked].groups`;
    expect(await faultsOf(rules)).toEqual([]);
    expect(await faultsOf(rules.replace(comment, '# Who is to own it.'))).toEqual([
      `a/a.rego:4:11: ${chosen('membership', 'data.organisation.people[…].groups', 'request.context.person')}`,
    ]);
  });
});

describe('policy that takes facts from where they are', () => {
  it.each([
    ['data', 'x := data.config.limit if input.request.resource.id == "a"'],
    ['the caller', 'x if "ops" in input.caller.claims.groups'],
    [
      'approvals and history',
      'x if {\n\tsome a in input.approvals\n\t"ops" in a.approver.groups\n\tinput.history[_].tier == "low"\n}',
    ],
    ['assertions with other names', 'x if count(input.request.context.justification) > 3'],
    ['names that only look alike', 'x := [input.request.context.ownerless, input.request.context.entire]'],
    ['roles that are asked for', 'x := input.request.context.roles'],
    ['the request handed on', 'x := {"asked": input.request.context}'],
    ['an object of its own', 'x := y.owner if y := {"owner": "us", "asked": input.request}'],
    ['members that nobody expects', 'x := object.keys(input.request.context) - {"owner"}'],
    ['a copy of something else', 'x := {name: value | some name, value in data.config}.owner'],
    ['what is taken away', 'x := object.remove(input.request.context, ["owner"])'],
  ])('passes: %s', async (_, rules) => {
    expect(await faultsOf(rules)).toEqual([]);
  });
});

describe('an exception', () => {
  const reads = 'x if input.request.context.owner == data.config.owner';
  const comment = '# countersign ignore:asserted-fact';

  it.each([
    ['at the line', `${reads} ${comment} it is only compared with the data`],
    ['above it', `${comment} it is only compared with the data\n${reads}`],
    ['within the comment above it', `# METADATA\n# title: X\n\n${comment} it is only compared\n# More.\n${reads}`],
  ])('lets it pass: %s', async (_, rules) => {
    expect(await faultsOf(rules)).toEqual([]);
  });

  it.each([
    ['without a reason', `${comment}\n${reads}`, 'a/a.rego:3:1: gives no reason for ignoring asserted-fact'],
    [
      'that nothing needs',
      `${comment} it was here before\nx := 1`,
      'a/a.rego:3:1: ignores asserted-fact, which does not occur here',
    ],
    [
      'of an unknown rule',
      '# countersign ignore:facts it reads better\nx := 1',
      'a/a.rego:3:1: there is no rule facts to ignore; the only one is asserted-fact',
    ],
  ])('is refused: %s', async (_, rules, fault) => {
    expect(await faultsOf(rules)).toEqual([fault]);
  });

  it('does not reach further than the next line', async () => {
    const faults = await faultsOf(`${comment} it is only compared\nx := 1\n\ny if input.request.context.owner`);
    expect(faults.map((fault) => fault.split(': ')[0])).toEqual(['a/a.rego:3:1', 'a/a.rego:6:6']);
  });
});

it('lint refuses it too', async () => {
  const policiesDir = await policyFolder({ 'a/a.rego': 'package a\n\nx := input.request.context.owner\n' });
  const error = (await lintPolicies({ policiesDir, opa }, await realTool('regal')).catch((reason) => reason)) as Error;
  expect(error).toMatchObject({ code: 'policy_invalid' });
  expect(error.message).toContain(`a/a.rego:3:6: ${taken('ownership', 'request.context.owner')}`);
});
