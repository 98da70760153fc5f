import { type Call, call } from './request.ts';

/** What a search endpoint answers with beside its list, where there is more. */
interface Page {
  next_page_token?: string;
}

/**
 * Everything that a search endpoint has, asked for page by page as it is iterated over.
 *
 * @param params a call without `page_token`
 * @param items the list of one reply
 */
export async function* pages<Reply extends Page, Item>(
  params: Call,
  items: (reply: Reply) => Item[],
): AsyncGenerator<Item, void> {
  let token: string | undefined;
  do {
    const reply: Reply = await call({ ...params, args: { ...params.args, page_token: token } });
    yield* items(reply);
    token = reply.next_page_token;
  } while (token);
}
