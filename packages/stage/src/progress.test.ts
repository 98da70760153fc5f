import { describe, expect, it } from 'vitest';
import { clock, startProgress } from './progress.ts';

function record(isTTY: boolean) {
  let time = 0;
  const written: string[] = [];
  const progress = startProgress({
    label: 'pretrain',
    total: 1000,
    unit: 'images',
    stream: { write: (text: string) => written.push(text), isTTY, columns: 200 },
    now: () => time,
  });
  return { written, progress, at: (ms: number) => (time = ms) };
}

describe('startProgress', () => {
  it('writes a plain line at most every ten seconds where there is no terminal', () => {
    const { written, progress, at } = record(false);
    for (let ms = 0; ms <= 20_000; ms += 500) {
      at(ms);
      progress.update(ms / 40, 'loss 1.00');
    }
    expect(written).toEqual([
      'pretrain  25 %  25 images/s  0:30 left  loss 1.00\n',
      'pretrain  50 %  25 images/s  0:20 left  loss 1.00\n',
    ]);
  });

  it('says the same again after a minute, not after ten seconds', () => {
    const { written, progress, at } = record(false);
    for (let ms = 0; ms <= 140_000; ms += 1000) {
      at(ms);
      progress.update(ms < 135_000 ? 0 : 10, 'linear');
    }
    expect(written.map((line) => line.slice(0, 14))).toEqual([...Array(3).fill('pretrain   0 %'), 'pretrain   1 %']);
  });

  it('does not count what an earlier process did', () => {
    const { written, progress, at } = record(false);
    progress.update(500);
    at(10_000);
    progress.update(600);
    expect(written).toEqual(['pretrain  60 %  10 images/s  0:40 left\n']);
  });

  it('has a rate below one, too', () => {
    const { written, progress, at } = record(false);
    progress.update(0);
    at(12_000);
    progress.update(1);
    expect(written).toEqual(['pretrain   0 %  0.083 images/s  3:19:48 left\n']);
  });

  it('repaints one line on a terminal and clears it at the end', () => {
    const { written, progress, at } = record(true);
    at(200);
    progress.update(500);
    progress.stop();
    progress.stop();
    progress.update(600);
    expect(written).toHaveLength(2);
    expect(written[0]).toContain(`\r\u001b[2K${'█'.repeat(10)}${'░'.repeat(10)} pretrain  50 %`);
  });
});

describe('clock', () => {
  it.each([
    [5, '0:05'],
    [75, '1:15'],
    [4000, '1:06:40'],
    [-1, '0:00'],
  ])('%d s is %s', (s, text) => expect(clock(s)).toBe(text));
});
