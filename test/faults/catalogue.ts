import type { Text } from '../../core/text/lang.ts';
import { laterFaults } from './catalogue-later.ts';

/** One test by its file and its exact title. */
export interface NamedTest {
  readonly file: string;
  readonly name: string;
}

/** One fault: what happens, what must hold all the same, how it is made to happen, and what tries it. */
export interface Fault {
  /** Of the list of faults that the project set out with; 25 to 30, 41 and 42 belong to copies and measurement. */
  readonly number: number;
  readonly fault: Text;
  readonly invariant: Text;
  /** The mechanism, with the time that was used where production has a longer one. */
  readonly how: string;
  readonly tests: readonly NamedTest[];
}

/** Tests of one file by their titles. Pure. */
export function inFile(file: string, ...names: readonly string[]): NamedTest[] {
  return names.map((name) => ({ file, name }));
}

const watch = 'test/faults/watch.test.ts';
const lies = 'test/faults/lies.test.ts';
const answers = 'test/faults/answers.test.ts';
const edits = 'test/faults/edits.test.ts';
const hub = 'test/faults/hub.test.ts';
const hubEdits = 'test/faults/hub-edits.test.ts';
const centre = 'test/long/faults-centre.test.ts';
const runtime = 'test/faults/runtime.test.ts';
const listWatch = 'test/kube/list-watch.test.ts';

const firstFaults: readonly Fault[] = [
  {
    number: 1,
    fault: {
      zh: '丢失一个监听事件（各类对象，增、改、删）',
      en: 'Lost watch events of each kind: added, modified, deleted',
    },
    invariant: {
      zh: '下一次全量列表后收敛；不误删',
      en: 'Converges with the next list; nothing is removed by mistake',
    },
    how: 'The proxy drops all events of one type about a tenant, for every kind. Lists every 3 s (600 s in production).',
    tests: [
      ...inFile(
        watch,
        'of additions: what came unseen is known by the next list, and is put right when it is then deleted',
        'of changes: what was changed unseen is put right after the next list',
        'of removals: what was deleted unseen is there again after the next list',
        'of a decision: it is taken after the next list',
      ),
      ...inFile(hub, 'that are lost: a request is seen by the next list'),
    ],
  },
  {
    number: 2,
    fault: { zh: '连接不断但长时间没有任何事件', en: 'A watch that stays open and silent' },
    invariant: {
      zh: '看门狗到时重新监听，扣下的事件补回',
      en: 'The watchdog starts another watch, and what was withheld comes',
    },
    how: 'The proxy stalls the stream; watch of 1 s and watchdog of 0.5 s. With the times of production (5 to 10 min, 30 s) on a fake clock.',
    tests: [
      ...inFile(runtime, 'a watch that stalls is given up, and what it withheld comes'),
      ...inFile(
        listWatch,
        'a watch that goes silent past its time is given up and started again from the last version',
      ),
    ],
  },
  {
    number: 3,
    fault: { zh: '事件迟到 1、10、60 秒', en: 'Events that come 1, 10 or 60 s late' },
    invariant: {
      zh: '不重复创建，不来回改写',
      en: 'Nothing is created twice, nothing flaps: the same writes as without',
    },
    how: 'The proxy holds back every line of every watch: 1 s in `npm test`, 10 and 60 s in the long tests.',
    tests: [
      ...inFile(watch, 'late by a second: the same writes as without, each of them once'),
      ...inFile(hub, 'that come twice and late: a tenant is granted by the same writes as without'),
      ...inFile('test/long/faults.test.ts', 'events that come %i s late: the same writes as without'),
    ],
  },
  {
    number: 4,
    fault: { zh: '事件重复，旧事件重放', en: 'Events twice, and old ones again' },
    invariant: { zh: '没有多余的写入', en: 'Not one write more' },
    how: 'The proxy sends each line twice with the line before in between, on every watch.',
    tests: [
      ...inFile(watch, 'three times each, with older ones in between: the same writes as without'),
      ...inFile(runtime, 'duplicated events are told once'),
    ],
  },
  {
    number: 5,
    fault: { zh: '不同种类的修改与删除事件乱序', en: 'Changes and removals out of order across kinds' },
    invariant: { zh: '已移除的租户不会复活', en: 'A tenant that was removed does not come back' },
    how: 'The last change of the namespace is told after its removal, all other kinds a second later.',
    tests: [
      ...inFile(
        watch,
        'changes after removals and one kind after another: a tenant that was removed does not come back',
      ),
      ...inFile(listWatch, 'an event from before a removal does not bring the object back'),
    ],
  },
  {
    number: 6,
    fault: { zh: '截断或乱码的 JSON 行', en: 'A truncated or garbled line' },
    invariant: {
      zh: '当作事件丢失处理，重新监听或列表，绝不忽略',
      en: 'Counts as a lost event: watched or listed anew, never skipped',
    },
    how: 'The proxy cuts each line after 40 bytes; single lines of every broken form in the unit tests.',
    tests: [
      ...inFile(runtime, 'a garbage line in place of an event is noticed, and the event comes again'),
      ...inFile(
        listWatch,
        'a garbage line is not skipped: the watch starts again before it, and after three of them a list is made',
      ),
      ...inFile('test/kube/watch.test.ts', 'an event that is cut off by the end of the watch is thrown'),
    ],
  },
  {
    number: 7,
    fault: {
      zh: '监听开始或中途返回 410，十二类同时 410',
      en: '410 at the start or in the middle of a watch, on twelve kinds at once',
    },
    invariant: {
      zh: '每类只做一次分页列表且时间错开；间隙内的删除能发现',
      en: 'One paged list per kind, spread over time; removals in the gap are found',
    },
    how: 'Real: etcd compacted through its API and the API server killed. On all kinds at once: by the proxy, at the start and in the middle.',
    tests: [
      ...inFile(centre, 'on a watch: one list follows, and a removal in the gap is told'),
      ...inFile(hub, 'leads to one paged list of each, spread over time, and finds what was deleted meanwhile'),
      ...inFile(
        watch,
        'leads to one paged list per kind, not all at the same moment, and finds what was deleted meanwhile',
      ),
    ],
  },
  {
    number: 8,
    fault: { zh: '分页列表途中版本被压缩', en: 'Compaction in the middle of a paged list' },
    invariant: { zh: '列表重新开始，不公布半份缓存', en: 'The list starts again; no partial cache is told' },
    how: 'Real compaction and API server crash between two pages; once more as an answer of the proxy.',
    tests: [
      ...inFile(
        centre,
        'in the middle of a paged list: the list starts again, and nothing of it is told before it is whole',
      ),
      ...inFile(
        runtime,
        'a continued list whose version is compacted starts again, and nothing of it is told before it is whole',
      ),
    ],
  },
  {
    number: 9,
    fault: { zh: '列表返回比缓存更旧的版本（落后的服务器）', en: 'A list older than the cache (a stale server)' },
    invariant: { zh: '缓存不倒退，不据此写入', en: 'The cache never goes back, and nothing is written for it' },
    how: 'The proxy answers lists that it recorded before a change, for all kinds at once, three times and more. Lists are asked for without a version, so a server that keeps its promises cannot do this.',
    tests: [
      ...inFile(
        lies,
        'has no write made for it, and is believed again once it has caught up',
        'has an old decision of the management centre kept out, also after a restart of the controller',
      ),
      ...inFile(runtime, 'a list from the past is refused until the server has caught up'),
    ],
  },
  {
    number: 10,
    fault: { zh: '自己的写入五秒内不可见', en: 'Own writes not visible for 5 s' },
    invariant: { zh: '不重复创建，额度不重复计', en: 'Nothing is created twice, no sum is counted twice' },
    how: 'The proxy holds back all events about own objects for 5 s while decisions go on.',
    tests: [
      ...inFile(watch, 'not visible for five seconds: nothing that was created is created again'),
      ...inFile(
        hub,
        'of its own writes, not visible for five seconds: nothing is granted twice and no sum is counted twice',
      ),
    ],
  },
  {
    number: 11,
    fault: {
      zh: '每次写入都 409；有人不停地改同一对象',
      en: '409 on each write; somebody who writes the same object without end',
    },
    invariant: { zh: '重试有界并重新读取；其他对象照常推进', en: 'Bounded attempts with a new look; other keys go on' },
    how: 'Injected 409 on every write about one tenant; a real writer that patches a Tenant in a loop.',
    tests: [
      ...inFile(
        hub,
        'delays the one tenant at most, and others go on',
        '409 on every write about one tenant: few attempts, and others go on',
      ),
      ...inFile(answers, '%i: it is said, tried with growing pauses, and holds up no other tenant'),
    ],
  },
  {
    number: 12,
    fault: { zh: '已有他人的同名对象', en: 'An object of somebody else with our name' },
    invariant: { zh: '不接管，并报告', en: 'Not taken over, and reported' },
    how: 'Real objects made by an administrator, of every kind that can be foreign.',
    tests: [
      ...inFile(edits, 'is not taken over, whatever its kind, and is named'),
      ...inFile(hubEdits, 'is not taken over, and the department says so'),
      ...inFile(
        'test/apiserver/site/objects.test.ts',
        'a namespace of the same name is not taken over: Ready=False ForeignObject names it',
        'a foreign object inside the namespace keeps members out until it is gone',
      ),
    ],
  },
  {
    number: 13,
    fault: { zh: '某个租户的写入一直被 422 或 403 拒绝', en: '422 or 403 for good on one tenant' },
    invariant: {
      zh: '其他租户不受影响；退避到上限；状态说明',
      en: 'Others unaffected; pauses grow to the cap; the condition says it',
    },
    how: 'Injected on every write about one tenant; pauses of 0.1 to 1 s (1 to 60 s in production).',
    tests: inFile(answers, '%i: it is said, tried with growing pauses, and holds up no other tenant'),
  },
  {
    number: 14,
    fault: { zh: '429 并带 Retry-After', en: '429 with Retry-After' },
    invariant: {
      zh: '遵守等待时间；请求减少；随后立即恢复',
      en: 'The time is kept, calls become fewer, and all goes on right after',
    },
    how: 'Every call but watches gets 429 with 2 s for 5 s; 60 s on a fake clock and in the long tests.',
    tests: [
      ...inFile(answers, '429 with Retry-After: nothing is asked again before its time, and all goes on right after'),
      ...inFile(runtime, 'refusals that pass are waited out, with the time that the server names'),
      ...inFile(
        'test/controller/queue.test.ts',
        'a key that the server asked to leave alone for a time waits that long, also when it is added meanwhile',
      ),
      ...inFile(
        'test/long/faults.test.ts',
        '429 with a minute to wait: nothing is asked again before, and all goes on after',
      ),
    ],
  },
  {
    number: 15,
    fault: { zh: '1%、50%、100% 的请求返回 500/503', en: '500 or 503 on 1 %, 50 % and 100 % of calls' },
    invariant: { zh: '收敛；恢复时不蜂拥', en: 'Converges; no rush on return' },
    how: 'Seeded share of injected answers; 100 % for 4 s with all connections cut, 5 min in the long tests. Calls are counted.',
    tests: [
      ...inFile(
        answers,
        '503 on %s: everything is done all the same',
        '503 on every call: few calls meanwhile, no rush afterwards, and what drifted is put right',
      ),
      ...inFile(
        'test/long/faults.test.ts',
        '503 on every call for five minutes: few calls meanwhile, no rush afterwards',
      ),
    ],
  },
  {
    number: 16,
    fault: { zh: '请求已发出，回复前连接断开', en: 'The connection ends after the request, before the reply' },
    invariant: { zh: '重试的写入幂等', en: 'A write that is sent again changes nothing the second time' },
    how: 'The proxy passes each first write on and cuts the connection instead of answering.',
    tests: [
      ...inFile(answers, 'answers that are lost: every write that is sent again changes nothing the second time'),
      ...inFile(
        runtime,
        'an apply whose answer was lost is sent again and changes nothing the second time',
        'a create whose answer was lost is not sent again; a second try by hand finds the object',
        'a guarded update whose answer was lost ends as a conflict, never as a second change',
        'a removal by uid whose answer was lost is done, and spares an object of the same name made since',
      ),
    ],
  },
  {
    number: 17,
    fault: { zh: '连接黑洞（无 RST）', en: 'A TCP black hole' },
    invariant: { zh: '请求超时并换连接，30 秒内', en: 'Calls end and another connection is used, within 30 s' },
    how: 'SIGSTOP of a real API server; a peer that goes silent. Three pings of 3 s at most in production, 0.5 s here.',
    tests: [
      ...inFile(
        'test/faults/restart.test.ts',
        'a server that stands still without closing anything: calls end in time, and work goes on',
      ),
      ...inFile(
        'test/kube/session.test.ts',
        'a peer that goes silent without closing is noticed, and a read goes on over another connection',
      ),
    ],
  },
  {
    number: 18,
    fault: { zh: 'API server 重启；etcd 停顿或崩溃', en: 'API server restart; etcd stopped or killed' },
    invariant: { zh: '收敛；不因空列表或失败的列表大量删除', en: 'Converges; no removals by an empty or failed list' },
    how: 'SIGSTOP of etcd for 5 s (30 s in the long tests) with all connections cut, SIGKILL of etcd and API server, orderly stop.',
    tests: [
      ...inFile(
        centre,
        'etcd stopped for five seconds, and every list failing: nothing is removed, and work goes on afterwards',
        'etcd and API server killed: nothing is removed, and work goes on when they are back',
      ),
      ...inFile(
        'test/faults/restart.test.ts',
        'a server that is stopped and started: nothing is forgotten, and work goes on',
      ),
      ...inFile('test/long/faults.test.ts', 'etcd stopped for thirty seconds: nothing is removed, and work goes on'),
    ],
  },
];

/** All faults, by number. */
export const faults: readonly Fault[] = [...firstFaults, ...laterFaults];
