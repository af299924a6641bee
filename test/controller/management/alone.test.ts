import { expect, it } from 'vitest';
import { eachAlone } from '../../../controller/management/tenants/loop.ts';

it('a request that cannot be decided is put off, and the others of the batch are decided', () => {
  const failed: [string, unknown][] = [];
  const error = new TypeError('cannot read this one');
  const decided = eachAlone(
    ['first', 'broken', 'last'],
    (key) => {
      if (key === 'broken') throw error;
      return `${key} decided`;
    },
    (key, why) => failed.push([key, why]),
  );
  expect(decided).toEqual(['first decided', 'last decided']);
  expect(failed).toEqual([['broken', error]]);
});
