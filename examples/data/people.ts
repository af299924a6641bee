import type { CitySeed, DepartmentSeed } from './city.ts';

/** A person of an example's directory; the local cloud issues certificates in these names. */
export interface Person {
  readonly user: string;
  readonly displayName: string;
  readonly groups: readonly string[];
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32, public domain, Tommy Ettinger 2017). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const surnames =
  'wang 王,li 李,zhang 张,liu 刘,chen 陈,yang 杨,zhao 赵,huang 黄,zhou 周,wu 吴,xu 徐,sun 孙,ma 马,zhu 朱,hu 胡,guo 郭,he 何,lin 林,gao 高,luo 罗'
    .split(',')
    .map((pair) => pair.split(' '));
const givenNames =
  'wei 伟,fang 芳,na 娜,min 敏,jing 静,qiang 强,lei 磊,yang 洋,yan 艳,yong 勇,jun 军,jie 杰,juan 娟,tao 涛,ming 明,chao 超,ping 平,gang 刚,hui 慧,bin 斌,xin 鑫,hong 红,ting 婷,peng 鹏'
    .split(',')
    .map((pair) => pair.split(' '));

/** Groups of a department: its own endings, then those with names of their own. Pure. */
export function groupsOf({ code, groups = [], extraGroups = [] }: DepartmentSeed): string[] {
  return [`${code}-admins`, `${code}-duty`, ...groups.map((ending) => `${code}-${ending}`), ...extraGroups];
}

/** Platform engineers, people on call, supervision and break-glass; then, department by department, its people. Pure. */
export function peopleOf(seed: CitySeed, platform: Readonly<Record<string, string>>): Person[] {
  const random = seededRandom(1996);
  const taken = new Set<string>();
  const person = (groups: readonly string[]): Person => {
    for (;;) {
      const [surname = '', surnameZh = ''] = surnames[Math.floor(random() * surnames.length)] ?? [];
      const [given = '', givenZh = ''] = givenNames[Math.floor(random() * givenNames.length)] ?? [];
      const user = `${surname}.${given}`;
      if (taken.size >= surnames.length * givenNames.length) throw new Error('not enough names for this many people');
      if (taken.has(user)) continue;
      taken.add(user);
      return { user, displayName: surnameZh + givenZh, groups };
    }
  };
  const { platform: engineers = '', onCall = '', supervision = '', breakGlass = '' } = platform;
  const people = [
    ...[1, 2, 3].map(() => person([engineers])),
    ...[1, 2, 3, 4].map(() => person([onCall])),
    person([supervision]),
    person([breakGlass]),
  ];
  for (const department of seed.departments) {
    const { code, groups = [], extraGroups = [] } = department;
    people.push(person([`${code}-admins`, `${code}-duty`]));
    for (const ending of groups) people.push(person([`${code}-${ending}`]));
    for (const group of extraGroups) people.push(person([group]), person([group]));
  }
  return people;
}
