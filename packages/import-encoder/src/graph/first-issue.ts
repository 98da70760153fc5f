import type { z } from '@simclr/stage';

/** A schema's first complaint, of the alternative that came furthest. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const inner = issue?.code === 'invalid_union' ? (issue.errors.at(-1)?.[0] ?? issue) : issue;
  const path = [...(issue?.path ?? []), ...(inner !== issue ? (inner?.path ?? []) : [])].join('.');
  return [path, inner?.message.replace(/^Invalid (input|option): /, '').replace(/\n/g, ' ')].filter(Boolean).join(': ');
}
