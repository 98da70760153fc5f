import { expect, it } from 'vitest';
import { scanProgress } from './scan-progress.ts';

function scan(isTTY: boolean) {
  let time = 0;
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  const { tell, stop } = scanProgress({ isTTY, columns: 100, write }, () => time);
  const look = (source: string, files: number, msEach: number) => {
    for (let done = 1; done <= files; done++) {
      time += msEach;
      tell(source, done, files);
    }
  };
  return { look, stop, text: () => text };
}

it('says nothing of a look that is over in a moment', () => {
  const { look, stop, text } = scan(true);
  look('photos', 1000, 1);
  stop();
  expect(text()).toBe('');
});

it('has a bar for each folder on a terminal, and takes it away', () => {
  const { look, stop, text } = scan(true);
  look('photos', 100, 50);
  look('more', 10, 200);
  stop();
  expect(text()).toMatch(/█+░+ own data: photos +\d\d % {2}20 files\/s {2}0:0\d left/);
  expect(text()).toContain('own data: more');
  expect(text().endsWith('\r\x1b[2K')).toBe(true);
});

it('has a line at first and then every ten seconds elsewhere', () => {
  const { look, text } = scan(false);
  look('photos', 2500, 10);
  const lines = text().trim().split('\n');
  expect(lines[0]).toBe('own data: reads what has changed in photos, 2,500 files');
  expect(lines.slice(1)).toEqual([expect.stringContaining(' 48 %'), expect.stringContaining(' 88 %')]);
});
