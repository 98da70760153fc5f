/** Works on several items at a time, gives the results in order. */
export async function* readAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  concurrency: number,
): AsyncGenerator<Result> {
  const ahead: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    result.catch(() => {}); // Awaited below, in order.
    ahead.push(result);
    if (ahead.length >= concurrency) yield await ahead.shift()!;
  }
  for (let result = ahead.shift(); result; result = ahead.shift()) yield await result;
}
