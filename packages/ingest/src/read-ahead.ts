/** Works on several items at a time, gives the results in order. */
export async function* readAhead<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  concurrency: number,
): AsyncGenerator<Result> {
  const ahead: Promise<Result>[] = [];
  let next = 0;
  const start = () => {
    if (next === items.length) return;
    const result = work(items[next++]!);
    result.catch(() => {}); // Awaited below, in order.
    ahead.push(result);
  };
  for (let i = 0; i < concurrency; i++) start();
  for (let result = ahead.shift(); result; result = ahead.shift()) {
    yield await result;
    start();
  }
}
