import { z } from 'zod';
import { parseJsonText } from '../../base/json-text.ts';
import { parseWith } from '../../base/parse.ts';

const catalogueSchema = z
  .looseObject({
    version: z.string().min(1),
    controls: z.record(
      z.string().min(1),
      z.strictObject({ framework: z.string().min(1), name: z.string().min(1), supported_when: z.string().min(1) }),
    ),
    aliases: z.record(z.string().min(1), z.array(z.string().min(1)).min(1)),
  })
  .superRefine(({ controls, aliases }, context) => {
    for (const [alias, ids] of Object.entries(aliases)) {
      const unknown = ids.filter((id) => !(id in controls));
      if (unknown.length === 0) continue;
      context.addIssue({
        code: 'custom',
        path: ['aliases', alias],
        message: `refers to unknown controls: ${unknown.join(', ')}`,
      });
    }
  });

/** The controls that a policy may support, by id, and other names under which people search for them. */
export type ControlCatalogue = z.output<typeof catalogueSchema>;

/** Parses `controls.json`. Throws AppError `policy_invalid`, or `malformed_json` for text that is not JSON. */
export function parseControls(bytes: Uint8Array): ControlCatalogue {
  return parseWith(catalogueSchema, parseJsonText(bytes), 'policy_invalid', 'The control catalogue');
}
