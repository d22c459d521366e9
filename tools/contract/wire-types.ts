import { type ApiOperation, type JsonSchema, nameIn, type OpenApi, operationsOf } from './open-api.ts';

const HEAD = `/*
 * The types of everything that the API takes and answers, and what each call does.
 * Written by \`npm run contract\` from src/contract. Do not edit.
 */
`;

/** In TypeScript, a value of any interface has to fit, and index signatures would not take those. */
const WRITTEN_BY_HAND: Readonly<Record<string, string>> = { JsonValue: 'unknown' };

/** The text of src/client/wire.ts. */
export function wireTypes(document: OpenApi): string {
  const types = Object.entries(document.components.schemas).map(([name, schema]) => declaration(name, schema));
  const calls = operationsOf(document).map((operation) => callType(operation));
  return `${HEAD}\n${types.join('\n')}\n/** What each call takes and answers, by its operationId. */\nexport interface Calls {\n${calls.join('\n')}\n}\n`;
}

function declaration(name: string, schema: JsonSchema): string {
  const known = WRITTEN_BY_HAND[name];
  const isInterface = known === undefined && schema.properties !== undefined && !schema.anyOf && !schema.oneOf;
  const type = known ?? typeOf(schema);
  return `${docOf(schema.description)}export ${isInterface ? `interface ${name} ${type}` : `type ${name} = ${type};`}\n`;
}

function callType({ operationId, summary, description, parameters = [], body, answer }: ApiOperation): string {
  const ofPlace = (place: string) => {
    const found = parameters.filter((parameter) => parameter.in === place);
    if (found.length === 0) return 'null';
    return `{\n${found.map(({ name, required, description: words, schema }) => member(name, { ...schema, ...(words && { description: words }) }, required === true)).join('')}}`;
  };
  const members = [
    `path: ${ofPlace('path')};`,
    `query: ${ofPlace('query')};`,
    `body: ${body === null ? 'null' : body.type === 'application/json' ? typeOf(body.schema) : 'Uint8Array'};`,
    `answer: ${typeOf(answer.schema)};`,
  ];
  return `${docOf(`${summary}. ${description}`)}${operationId}: {\n${members.join('\n')}\n};`;
}

/** The TypeScript type of a schema. Throws for what it does not know, so that nothing is left out. */
function typeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return nameIn(schema.$ref);
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ');
  switch (schema.type) {
    case 'null':
      return 'null';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return arrayOf(schema.items ?? {});
    case 'object':
      return objectOf(schema);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`No TypeScript type is known for ${JSON.stringify(schema)}.`);
  }
}

function arrayOf(items: JsonSchema): string {
  const item = typeOf(items);
  return /^[\w.]+$/.test(item) ? `${item}[]` : `(${item})[]`;
}

function objectOf({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const members = Object.entries(properties).map(([name, schema]) => member(name, schema, required.includes(name)));
  if (typeof additionalProperties !== 'object' || isEmpty(additionalProperties)) {
    const isOpen = members.length === 0 && additionalProperties !== false;
    return isOpen ? '{ [name: string]: unknown }' : inBraces(members);
  }
  return inBraces([...members, `[name: string]: ${typeOf(additionalProperties)};\n`]);
}

/** On one line where no member has a comment and the formatter finds room for it. */
function inBraces(members: readonly string[]): string {
  const text = members.join('');
  return text.includes('/**') ? `{\n${text}}` : `{ ${text.replaceAll('\n', ' ')}}`;
}

function isEmpty(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0;
}

/** A member that may be absent may be undefined as well: neither is sent. */
function member(name: string, schema: JsonSchema, isRequired: boolean): string {
  const key = /^[A-Za-z_]\w*$/.test(name) ? name : literal(name);
  const type = typeOf(schema);
  return `${docOf(schema.description)}${key}${isRequired ? `: ${type}` : `?: ${type} | undefined`};\n`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : JSON.stringify(value);
}

function docOf(text: string | undefined): string {
  if (text === undefined) return '';
  const sentence = /[.!?]$/.test(text) ? text : `${text}.`;
  return `/** ${sentence.replaceAll('*/', '*\\/')} */\n`;
}
