/**
 * Sorts the rows of each block by the column whose head is clicked: numbers from the largest down, names from A, then the other
 * way. A number that is tapped tells below the table what a pointer is told. What is folded is printed too.
 */
export const SCRIPT = `
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.querySelectorAll('thead th')];
  for (const [column, head] of heads.entries()) {
    head.querySelector('button').addEventListener('click', () => {
      const down = head.ariaSort ? head.ariaSort === 'ascending' : column > 0;
      for (const other of heads) other.ariaSort = null;
      head.ariaSort = down ? 'descending' : 'ascending';
      for (const body of table.tBodies) {
        const rows = [...body.rows].filter((row) => !row.classList.contains('block'));
        const key = (row) => column === 0 ? row.cells[0].textContent : Number(row.cells[column]?.dataset.value ?? -1);
        const order = (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (down ? -1 : 1);
        body.append(...rows.sort(order));
      }
    });
  }
  table.addEventListener('click', ({ target }) => {
    const cell = target.closest('td[title]');
    if (!cell) return;
    const row = cell.parentElement.cells[0].textContent;
    const column = heads[cell.cellIndex].querySelector('button').textContent;
    table.closest('section').querySelector('output').textContent = row + ' on ' + column + ': ' + cell.title;
  });
}
addEventListener('beforeprint', () => {
  for (const folded of document.querySelectorAll('details')) folded.open = true;
});
`;
