/** The one of `names` that a misspelled `word` most likely means; undefined where none is like it. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const ranked = names.map((name) => ({ name, edits: editsBetween(word, name) })).sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(2, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** `nearest: run. `, or nothing: for the middle of a message. */
export function hint(word: string, names: readonly string[]): string {
  const found = nearest(word, names);
  return found === undefined ? '' : `nearest: ${found}. `;
}

/** Letters that are put in, left out, changed, or swapped with their neighbour (Damerau, optimal string alignment). */
function editsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, change, swapped ? rows[i - 2]![j - 2]! + 1 : change));
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
