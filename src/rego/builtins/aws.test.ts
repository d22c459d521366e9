import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { awsBuiltins } from './aws.ts';

const CONFIG =
  '{"aws_access_key": "AK", "aws_secret_access_key": "SK", "aws_region": "eu-west-1", "aws_service": "s3"}';
const REQUEST = '{"method": "get", "url": "https://h.example:80/a%2Fb/é?x=1&y=%20"}';
const NOW = '1451311705000000000';

function sign(request: string, config: string, now: string): string | undefined {
  return callBuiltin(awsBuiltins, 'providers.aws.sign_req', `${request}, ${config}, ${now}`);
}

// What opa 1.22.4 answers.
describe('providers.aws.sign_req', () => {
  it('signs path, query, host and instant', () => {
    expect(sign(REQUEST, CONFIG, NOW)).toBe(
      '{"headers":{"Authorization":"AWS4-HMAC-SHA256 Credential=AK/20151228/eu-west-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=0b22da113835aaa29f34b50839b97b636092587ab9e14399b72182a8adcc3e19","host":"h.example:80","x-amz-content-sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","x-amz-date":"20151228T140825Z"},"method":"get","url":"https://h.example:80/a%2Fb/é?x=1&y=%20"}',
    );
  });

  it('signs headers, body and session token, but not what proxies change', () => {
    const request = REQUEST.replace(
      '}',
      ', "headers": {"Foo": "x y", "User-Agent": "z"}, "body": {"b": {2, 1}, "a": "<é>"}}',
    );
    const config = CONFIG.replace('"s3"', '"ec2", "aws_session_token": "T"');
    expect(sign(request, config, '-1')).toBe(
      '{"body":{"a":"<é>","b":[1,2]},"headers":{"Authorization":"AWS4-HMAC-SHA256 Credential=AK/19691231/eu-west-1/ec2/aws4_request,SignedHeaders=foo;host;x-amz-date;x-amz-security-token,Signature=dbfdf083c2d06e0c92aa323fec24366a07808c8e3ec02c698c72844cebfb2b31","Foo":"x y","User-Agent":"z","host":"h.example:80","x-amz-date":"19691231T235959Z","x-amz-security-token":"T"},"method":"get","url":"https://h.example:80/a%2Fb/é?x=1&y=%20"}',
    );
  });

  it('signs the numbers of a body as they are written', () => {
    const body = (text: string) => {
      const signed = sign(REQUEST.replace('}', `, "body": ${text}}`), CONFIG, NOW) ?? '{}';
      return JSON.parse(signed).headers['x-amz-content-sha256'];
    };
    expect(body('1.0')).toBe('d0ff5974b6aa52cf562bea5921840c032a860a91a3512f7fe8f768f6bbe005f6');
    expect(body('1e3')).toBe('0b11ca015456e85e4a21de2d495f6bde1f3a7d8624c6d1ab181c4221bc1935eb');
    expect(body('1.50')).toBe('1a60b208ff491c3e2d21cdd5abb003e51e97b072efec59098863da45021de6a9');
  });

  it('takes the last of the headers whose names are no texts, and headers of its own for those given', () => {
    const request = REQUEST.replace(
      '}',
      ', "headers": {2: "5", 1: "4", "HOST": "x", "Authorization": "a", "AUTHORIZATION": "b"}}',
    );
    expect(sign(request, CONFIG, NOW)).toContain('"":"5"');
    expect(sign(request, CONFIG, NOW)).toContain(
      'SignedHeaders=;host;x-amz-content-sha256;x-amz-date,Signature=5570f828900784f47c953a466459eaf9a5756a72d79a8c75a01f5e3bc188f4f1"',
    );
  });

  it.each([
    ['{"Foo": "a", "foo": "b"}', 'more than one header is named "foo"'],
    ['{"Foó": "a"}', 'the header "Foó" is not supported'],
    ['{"\u212A": "a"}', 'is not supported'],
  ])('refuses the headers %s, though OPA does not', (headers, message) => {
    expect(() => sign(REQUEST.replace('}', `, "headers": ${headers}}`), CONFIG, NOW)).toThrow(message);
  });

  it('prefers the raw body, and signs none where that is wanted', () => {
    const request = REQUEST.replace('}', ', "body": 1, "raw_body": "r"}');
    expect(sign(request, CONFIG, NOW)).toBe(
      '{"body":1,"headers":{"Authorization":"AWS4-HMAC-SHA256 Credential=AK/20151228/eu-west-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=e96d8791d73a83e37554d79d8d037b771a69d8e5c308b54552eab2a2b533fdff","host":"h.example:80","x-amz-content-sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","x-amz-date":"20151228T140825Z"},"method":"get","raw_body":"r","url":"https://h.example:80/a%2Fb/é?x=1&y=%20"}',
    );
    expect(sign(request, CONFIG.replace('}', ', "disable_payload_signing": true}'), NOW)).toContain('UNSIGNED-PAYLOAD');
  });

  it.each([
    ['[]', CONFIG, NOW, 'operand 1 must be object but got array'],
    ['{"url": "http://h"}', CONFIG, NOW, 'operand 1 missing required request parameters(s): {"method"}'],
    [
      '{"method": 1, "url": null}',
      CONFIG,
      NOW,
      'operand 1 invalid values for required request parameters(s): {"method", "url"}',
    ],
    ['{"method": "get", "url": "/", "verb": 1}', CONFIG, NOW, 'operand 1 invalid request parameters(s): {"verb"}'],
    ['{"method": "get", "url": "/", "headers": 1}', CONFIG, NOW, 'operand 0 must be object but got number'],
    ['{"method": "get", "url": "http://["}', CONFIG, NOW, "missing ']' in host"],
    [
      REQUEST,
      CONFIG.replace('"AK"', '1'),
      NOW,
      'operand 2 invalid values for required AWS config parameters(s): {"aws_access_key"}',
    ],
    [REQUEST, '{"aws_service": "s3"}', NOW, 'operand 2 missing required AWS config parameters(s): {"aws_access_key", '],
    [
      REQUEST,
      CONFIG.replace('}', ', "disable_payload_signing": 1}'),
      NOW,
      "invalid value for 'disable_payload_signing'",
    ],
    [REQUEST, CONFIG, '1.5', 'operand 3 could not convert time_ns value into a unix timestamp'],
    [REQUEST, CONFIG, '1e9', 'operand 3 could not convert time_ns value into a unix timestamp'],
    [REQUEST, CONFIG, '9223372036854775808', 'operand 3 could not convert time_ns value into a unix timestamp'],
    [REQUEST, CONFIG, '"now"', 'operand 1 must be number but got string'],
  ])('refuses %s, %s, %s', (request, config, now, message) => {
    expect(() => sign(request, config, now)).toThrow(message);
  });
});
