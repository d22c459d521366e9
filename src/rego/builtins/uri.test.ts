import { describe, expect, it } from 'vitest';
import { callBuiltin } from '../../../test/policy/builtin-call.ts';
import { uriBuiltins } from './uri.ts';

// What opa 1.22.4 answers.
describe('uriBuiltins', () => {
  it.each([
    [
      'https://u:p@Example.com:8443/a/b?q=1&r#top',
      '{"fragment":"top","hostname":"Example.com","path":"/a/b","port":"8443","raw_path":"/a/b","raw_query":"q=1&r","scheme":"https"}',
    ],
    ['HTTP://h/a%2Fb', '{"hostname":"h","path":"/a/b","raw_path":"/a%2Fb","scheme":"http"}'],
    ['http://h/a%21', '{"hostname":"h","path":"/a!","raw_path":"/a!","scheme":"http"}'],
    ['http://h/é %e2%82', '{"hostname":"h","path":"/é \ufffd\ufffd","raw_path":"/é %e2%82","scheme":"http"}'],
    ['http://[fe80::1%25en0]:80/', '{"hostname":"fe80::1%en0","path":"/","port":"80","raw_path":"/","scheme":"http"}'],
    ['postgres://a:1,b:2/db', '{"hostname":"a:1,b","path":"/db","port":"2","raw_path":"/db","scheme":"postgres"}'],
    ['///a', '{"path":"///a","raw_path":"///a"}'],
    ['file:///a', '{"path":"/a","raw_path":"/a","scheme":"file"}'],
    ['mailto:somebody@example.com', '{"scheme":"mailto"}'],
    ['a/b:c?', '{"path":"a/b:c","raw_path":"a/b:c"}'],
    ['', '{}'],
  ])('uri.parse(%j)', (uri, parts) => {
    expect(callBuiltin(uriBuiltins, 'uri.parse', JSON.stringify(uri))).toBe(parts);
    expect(callBuiltin(uriBuiltins, 'uri.is_valid', JSON.stringify(uri))).toBe(String(uri !== ''));
  });

  it.each([
    [':a', 'parse ":a": missing protocol scheme'],
    ['a:b/c d\u0001', 'parse "a:b/c d\\x01": net/url: invalid control character in URL'],
    ['1:2', 'parse "1:2": first path segment in URL cannot contain colon'],
    ['http://a b/', 'parse "http://a b/": invalid character " " in host name'],
    ['http://a%41/', 'parse "http://a%41/": invalid URL escape "%41"'],
    ['http://h/%4', 'parse "http://h/%4": invalid URL escape "%4"'],
    ['http://h/#%zz', 'parse "http://h/#%zz": invalid URL escape "%zz"'],
    ['http://a"b@h/', 'parse "http://a\\"b@h/": net/url: invalid userinfo'],
    ['http://a:1:2/', 'parse "http://a:1:2/": invalid port ":1:2" after host'],
    ['http://[::1', 'parse "http://[::1": missing \']\' in host'],
    ['http://a[::1]', 'parse "http://a[::1]": invalid IP-literal'],
    ['http://[1.2.3.4]/', 'parse "http://[1.2.3.4]/": invalid IP-literal'],
    ['http://[::1%25]/', 'parse "http://[::1%25]/": invalid host: ParseAddr("::1%")'],
  ])('uri.parse(%j) is an error', (uri, message) => {
    expect(() => callBuiltin(uriBuiltins, 'uri.parse', JSON.stringify(uri))).toThrow(message);
    expect(callBuiltin(uriBuiltins, 'uri.is_valid', JSON.stringify(uri))).toBe('false');
  });

  it('takes texts only', () => {
    expect(() => callBuiltin(uriBuiltins, 'uri.parse', '1')).toThrow('operand 1 must be string but got number');
    expect(callBuiltin(uriBuiltins, 'uri.is_valid', '1')).toBe('false');
  });
});
