import fc from 'fast-check';
import { parseNumber, type RegoValue } from '../../../src/rego/value.ts';
import { anyText, objectOf, plainText } from '../values.ts';
import type { Strategies } from './strategies.ts';

const ADDRESSES = [
  '10.0.0.1',
  '10.0.0.0',
  '10.0.0.255',
  '10.1.2.3',
  '192.168.1.1',
  '0.0.0.0',
  '255.255.255.255',
  '1.2.3',
  '01.2.3.4',
  '1.2.3.4.5',
  '256.1.1.1',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:0a00:0001',
  '::10.0.0.1',
  '2001:db8::1',
  '2001:DB8:0:0::1',
  'fe80::1%en0',
  '1::2::3',
  ':1',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7:8:9',
  '::ffff:10.0.0.256',
  '',
  ' 10.0.0.1',
  '10.0.0.1 ',
  '0x0a.0.0.1',
  '١.0.0.1',
  '::1.2.3.4',
  '64:ff9b::1.2.3.4',
  '12345::',
  '1:2:3:4:5:6:7::',
  '::2:3:4:5:6:7:8',
];
const PREFIXES = [
  '0',
  '1',
  '8',
  '9',
  '16',
  '23',
  '24',
  '25',
  '30',
  '31',
  '32',
  '33',
  '64',
  '96',
  '104',
  '112',
  '120',
  '126',
  '127',
  '128',
  '129',
  '-1',
  '+8',
  '08',
  '',
  'x',
  ' 8',
  '8.0',
  '255.0.0.0',
];
const address = fc.constantFrom(...ADDRESSES);
const cidr = fc.tuple(address, fc.constantFrom(...PREFIXES)).map(([base, prefix]) => `${base}/${prefix}`);
const goodCidr = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('10.0.0.0', '10.0.0.1', '10.0.1.0', '10.128.0.0', '192.168.0.0', '0.0.0.0'),
      fc.constantFrom(0, 1, 8, 9, 16, 23, 24, 25, 31, 32),
    )
    .map(([base, prefix]) => `${base}/${prefix}`),
  fc
    .tuple(
      fc.constantFrom('2001:db8::', '::', '::ffff:10.0.0.0', 'fe80::1', '::10.0.0.0'),
      fc.constantFrom(0, 32, 64, 96, 104, 112, 120, 127, 128),
    )
    .map(([base, prefix]) => `${base}/${prefix}`),
);
const network = fc.oneof({ weight: 5, arbitrary: goodCidr }, { weight: 2, arbitrary: cidr });
const either = fc.oneof(
  network,
  network,
  address,
  fc.constantFrom('10.0.0.1', '10.1.2.3', '::ffff:10.1.2.3', '2001:db8::5'),
);
const small = fc
  .tuple(
    fc.constantFrom('10.0.0.1', '10.0.0.255', '255.255.255.250', '2001:db8::fffe', '::', '::ffff:10.0.0.0', '0.0.0.0'),
    fc.constantFrom(24, 25, 28, 29, 30, 31, 32, 120, 124, 126, 127, 128, 129),
  )
  .map(([base, prefix]) => `${base}/${prefix}`);

const matchItem: fc.Arbitrary<RegoValue> = fc.oneof(
  { weight: 6, arbitrary: goodCidr },
  { weight: 2, arbitrary: fc.tuple(goodCidr, anyText) },
  { weight: 1, arbitrary: either },
  { weight: 1, arbitrary: fc.constantFrom<RegoValue>([], [1], 1, null) },
);
const matchGroup: fc.Arbitrary<RegoValue> = fc.oneof(
  either,
  fc.array(matchItem, { maxLength: 3 }),
  fc.array(matchItem, { maxLength: 3 }).map((members): RegoValue => new Set(members)),
  fc.array(fc.tuple(plainText, matchItem), { maxLength: 3 }).map(objectOf),
);
const networks = fc.array(fc.oneof({ weight: 8, arbitrary: goodCidr }, { weight: 1, arbitrary: either }), {
  maxLength: 5,
});

const awsRequest = fc.record(
  {
    method: fc.constantFrom('get', 'GET', 'post', ''),
    url: fc.constantFrom(
      'https://examplebucket.s3.amazonaws.com/a b/c?x=1&a=2',
      'https://s3.amazonaws.com',
      'http://a/%41?b',
      'x',
      '',
    ),
    headers: fc.dictionary(
      fc.constantFrom('Host', 'x-a', 'Content-Type', 'X-Amz-Date', 'é'),
      fc.constantFrom<RegoValue>('v', ' v  w ', '', 1),
      { maxKeys: 3, noNullPrototype: true },
    ),
    body: fc.oneof(fc.constantFrom<RegoValue>('', 'text'), fc.constant({ a: 1 })),
    raw_body: fc.constantFrom('', 'raw <&> é'),
  },
  { requiredKeys: ['method', 'url'], noNullPrototype: true },
) as fc.Arbitrary<RegoValue>;
const awsConfig = fc.record(
  {
    aws_access_key: fc.constantFrom('MYAWSACCESSKEYGOESHERE', ''),
    aws_secret_access_key: fc.constantFrom('secret', ''),
    aws_service: fc.constantFrom('s3', 'ec2', 'es'),
    aws_region: fc.constantFrom('us-east-1', ''),
    aws_session_token: fc.constantFrom('token', ''),
    disable_payload_signing: fc.constantFrom<RegoValue>(true, false, 'x'),
  },
  { requiredKeys: ['aws_access_key', 'aws_secret_access_key', 'aws_service', 'aws_region'], noNullPrototype: true },
) as fc.Arbitrary<RegoValue>;

export const netStrategies: Strategies = {
  'net.cidr_contains': fc.tuple(network, either),
  'net.cidr_intersects': fc.tuple(network, network),
  'net.cidr_is_valid': fc.tuple(fc.oneof(network, cidr)),
  'net.cidr_expand': fc.tuple(fc.oneof(small, small, cidr)),
  'net.cidr_merge': fc.tuple(
    fc.oneof(
      networks,
      networks.map((each): RegoValue => new Set(each)),
    ),
  ),
  'net.cidr_contains_matches': fc.tuple(matchGroup, matchGroup),
  'providers.aws.sign_req': fc.tuple(
    awsRequest,
    awsConfig,
    fc.constantFrom<RegoValue>(
      0,
      1,
      parseNumber('1440000000000000000'),
      parseNumber('-1'),
      parseNumber('1.5'),
      parseNumber('9223372036854775808'),
    ),
  ),
};
