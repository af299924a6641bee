import type { Fault } from './catalogue.ts';

const file = (path: string, ...names: readonly string[]) => names.map((name) => ({ file: path, name }));

const lies = 'test/faults/lies.test.ts';
const answers = 'test/faults/answers.test.ts';
const edits = 'test/faults/edits.test.ts';
const hub = 'test/faults/hub.test.ts';
const hubEdits = 'test/faults/hub-edits.test.ts';
const processes = 'test/faults/process.test.ts';
const time = 'test/faults/time.test.ts';
const decisions = 'test/apiserver/site/decisions.test.ts';
const crash = 'test/faults/crash/controllers.test.ts';

/** Faults 19 to 24 and 31 to 40; see `faults`. */
export const laterFaults: readonly Fault[] = [
  {
    number: 19,
    fault: { zh: '列表返回 200 但为空（最坏的谎言）', en: 'An empty list with status 200, the worst lie' },
    invariant: {
      zh: '不删除、不收回、不重复授予；仍能按名查到对象时不相信空列表并告警；批量移除须人工确认',
      en: 'Nothing removed, taken back or granted twice; not believed while an object is found by its name, and logged; removals beyond the budget wait for a person',
    },
    how: 'Each of the nine kinds of the site and the twelve of the management controller empty in every list, while running and at the start.',
    tests: [
      ...file(
        lies,
        'of %s: nothing is removed and nothing changes',
        'of every kind, to a controller that has just started: nothing is removed, and it says so',
        'of namespaces, while a tenant leaves: it is not said to be removed before its namespace is',
        'of Grants at the management centre: what runs is kept, and it is believed again once it tells the truth',
      ),
      ...file(hub, 'of %s: nothing is removed, taken back or granted twice'),
      ...file(
        'test/kube/list-watch.test.ts',
        'an empty list is never believed while an object of it is found by its name',
      ),
      ...file(
        'test/apiserver/site/link.test.ts',
        'a management centre that answers with an empty list has nothing removed',
      ),
      ...file(decisions, 'too many removals within an hour wait for a confirmation, also over a restart'),
    ],
  },
  {
    number: 20,
    fault: { zh: '每次写入之前或之后崩溃', en: 'A crash before or after every write' },
    invariant: {
      zh: '终态、创建与删除次数与无故障时相同；不变量始终成立；随后静止',
      en: 'Final state and counts as without; invariants on every event; rest',
    },
    how: 'The crash matrix below.',
    tests: file(
      crash,
      'the site controller, when a tenant is made, raised, removed and promoted',
      'the management controller, when a tenant is asked for, granted, raised and removed',
    ),
  },
  {
    number: 21,
    fault: { zh: '移除租户的每一步崩溃', en: 'A crash at each step of a removal' },
    invariant: { zh: '不遗留任何对象；finalizer 最后去掉', en: 'Nothing left over; the finalizer goes last' },
    how: 'The crash matrix below holds the removal.',
    tests: file(
      crash,
      'the site controller, when a tenant is made, raised, removed and promoted',
      'the management controller, when a tenant is asked for, granted, raised and removed',
    ),
  },
  {
    number: 22,
    fault: {
      zh: '两个控制器同时在工作（旧主停顿后恢复）',
      en: 'Two controllers at work: the old leader paused and resumed',
    },
    invariant: { zh: '没有互相矛盾的写入', en: 'No contradictory writes' },
    how: 'SIGSTOP and SIGCONT of real processes with a token each, so that the audit log tells their writes apart; two without any Lease; a management leader held between reserving and granting.',
    tests: [
      ...file(
        processes,
        'of which the leading one is stopped and resumed: it writes nothing more, and what the other did stays',
        'that both work, without any Lease: they come to the same, and to rest',
      ),
      ...file(
        'test/faults/leader.test.ts',
        'a leader that is stopped and resumed decides nothing more, and what it had on its way fails when guarded',
      ),
      ...file(
        'test/apiserver/management.test.ts',
        'are not both served when the leader is stopped after it reserved and another one goes on',
      ),
    ],
  },
  {
    number: 23,
    fault: { zh: '时钟前后跳一小时', en: 'A wall clock that jumps an hour either way' },
    invariant: {
      zh: '选主、心跳、保留期、令牌照常，没有负的时长',
      en: 'Lead, heartbeats, retention and tokens sane; no negative duration',
    },
    how: 'A clock whose wall time jumps and whose monotonic time does not, given to the real parts and to a whole site controller.',
    tests: [
      ...file(
        time,
        '%i ms: who leads goes on leading, and nobody else does',
        '%i ms at a site or at the management centre: no site falls silent by it',
        'set back: a retention becomes longer and never shorter, and no token is renewed too soon or never',
      ),
      ...file(processes, 'changes nothing that is at rest, and holds up nothing'),
    ],
  },
  {
    number: 24,
    fault: { zh: '四个中心之一 1 小时或 24 小时不可达', en: 'One of four centres unreachable for 1 h or 24 h' },
    invariant: {
      zh: '其他中心照常收敛；恢复后补齐；队列占用有界',
      en: 'The others converge; it catches up; the queue is bounded',
    },
    how: 'A real outage of seconds on four centres, and 24 h on a fake clock against the real list-watch, heartbeat and queue.',
    tests: [
      ...file(
        'test/cloud/outage.test.ts',
        'a centre goes on healing, and catches up when it is back',
        'its tenants become Unknown within 60 s, plan goes on at the others, and nothing is lost when it is back',
      ),
      ...file(
        time,
        'is asked at most twice a minute by each list, and once per heartbeat',
        'has one place in the queue per tenant, however often it changes',
      ),
      ...file(
        'test/apiserver/site/link.test.ts',
        'drift is put right, and decisions and reports are caught up when it is back',
      ),
    ],
  },
  {
    number: 31,
    fault: { zh: '执行途中需求 A→B→A', en: 'A request that goes from A to B and back while it is carried out' },
    invariant: { zh: '最终为 A，不留 B 的痕迹', en: 'The end is A, and nothing of B is left' },
    how: 'Six flips within a few hundred milliseconds, of Grants at a site and of a Tenant with hostnames at the management centre.',
    tests: [
      ...file(edits, 'there, back and there again: the end is the last one, and nothing of the other is left'),
      ...file(hub, 'there, back and there again: the Grants are as asked last, and no hostname of the other is held'),
    ],
  },
  {
    number: 32,
    fault: { zh: '有效的需求变无效，再改正', en: 'A valid request, then an invalid one, then a valid one' },
    invariant: { zh: '无需人工清理即可恢复', en: 'Recovers without hand work' },
    how: 'A zone that does not exist; a decision with a group of another department.',
    tests: [
      ...file(
        hub,
        'one that cannot be understood after one that could: what was granted stays, and the next one needs no hand',
      ),
      ...file(edits, 'one that cannot be taken, then one that can: no hand is needed in between'),
    ],
  },
  {
    number: 33,
    fault: { zh: '需求中去掉一个字段', en: 'A field taken out of the request' },
    invariant: { zh: '中心里也去掉，不遗留', en: 'Taken out at the centre too' },
    how: 'Quota field, egress, hostnames, member groups and environments left out of the next decision.',
    tests: [
      ...file(edits, 'a field that is left out goes at the centre too'),
      ...file(
        decisions,
        'a member group, a policy and an environment that a decision leaves out go, but never the namespace',
      ),
    ],
  },
  {
    number: 34,
    fault: { zh: '有人手工修改或删除每个受管对象', en: 'A person edits or deletes each managed object' },
    invariant: {
      zh: '5 秒内恢复（命名空间除外）；不归平台管的字段保留',
      en: 'Put right within 5 s, a namespace once it is gone; fields of others kept',
    },
    how: 'Real edits and deletions as administrator, one after another, of every object of the site and the management controller. What a person may undo only with a new decision: a Grant marked `Removed`; the site refuses it.',
    tests: [
      ...file(
        edits,
        'an edit of a field of ours is put right, a field that is not ours is kept: every object',
        'labels that are taken away are back, also those by which the object is found: every object',
        'a deletion is made good: every object, and in the end the namespace with all of them',
        'the mirror that is edited or deleted is as decided again, and nothing of the tenant goes',
        'a Grant that is edited under the number of its decision is not acted on',
        'a status that is edited is put right',
      ),
      ...file(
        hubEdits,
        'an edit of what is ours is put right, what is not ours is kept: every kind',
        'a deletion is made good: every kind',
        'a heartbeat’s Lease that is deleted is made anew',
        'a Grant that is edited gets its decision back with a higher number',
        'a Grant that is deleted is granted again at the same site in the same role and epoch',
        'a hostname’s claim that is deleted or given to another is the owner’s again',
        'a status that is edited is put right: Tenant, Approval, Department, Site',
        'a finalizer that is taken away is back, so that a deletion is still noticed',
      ),
      ...file('test/apiserver/site/objects.test.ts', 'while nothing is touched that belongs to the tenant'),
    ],
  },
  {
    number: 35,
    fault: { zh: 'CRD 升级、降级而对象仍是旧的', en: 'CRDs upgraded and downgraded under existing objects' },
    invariant: { zh: '不崩溃；不认识的字段保留', en: 'No crash; unknown fields kept' },
    how: 'A real schema with one field more, an object that uses it, and the schema of before.',
    tests: file(
      'test/faults/schema.test.ts',
      'a field that it does not know stops nothing that runs, is kept where it was written, and goes with its schema',
    ),
  },
  {
    number: 36,
    fault: { zh: '控制器对某类对象的 RBAC 被收回', en: "The controller's rights on one kind taken away" },
    invariant: { zh: '状态与日志说明；归还后恢复；不崩溃循环', en: 'Said in status and log; recovers; no crash loop' },
    how: 'The rule is really taken out of the ClusterRole for some seconds.',
    tests: file(
      answers,
      'by RBAC, for one kind: it is said and logged, the rest goes on, and it recovers when they are back',
    ),
  },
  {
    number: 37,
    fault: { zh: '准入策略突然拒绝我们的写入', en: 'An admission policy that suddenly refuses our writes' },
    invariant: {
      zh: '状态说明；不空转；对象不因此被删',
      en: 'Said in the status; no hot loop; the object is not removed for it',
    },
    how: 'A real ValidatingAdmissionPolicy against the service account.',
    tests: file(
      answers,
      'by an admission policy: it is said, tried with pauses, and it recovers when the policy is gone',
    ),
  },
  {
    number: 38,
    fault: { zh: '命名空间一直在终止', en: 'A namespace stuck terminating' },
    invariant: { zh: '不反复重建，并报告原因', en: 'No loop of making it anew; what holds it is reported' },
    how: 'A ConfigMap with a finalizer in the namespace, deleted by hand and by a removal.',
    tests: [
      ...file(edits, 'is reported with what holds it, is not written to, and is made anew when it is gone'),
      ...file(decisions, 'what holds the namespace is named while it lasts'),
    ],
  },
  {
    number: 39,
    fault: { zh: '证书或令牌在运行中到期或轮换', en: 'A certificate or token that ends or rotates on the way' },
    invariant: { zh: '不重启即换用；不丢事件', en: 'Taken into use without a restart; no event is lost' },
    how: 'A token whose Secret is deleted while another is in its file (real 401); renewal by the site itself; certificates in files.',
    tests: [
      ...file(
        'test/long/faults.test.ts',
        'a token that the server stops taking: the next one is used, and no event is lost',
      ),
      ...file('test/apiserver/site/link.test.ts', 'is renewed by the site itself, and the new token is used'),
      ...file(
        'test/kube/session.test.ts',
        'a refused token is read again at once, and the call is sent once more if it changed',
        'a renewed client certificate opens another connection, and the old one ends',
      ),
    ],
  },
  {
    number: 40,
    fault: { zh: '事件循环阻塞、内存或文件描述符耗尽', en: 'Event loop blocked, heap or file descriptors exhausted' },
    invariant: {
      zh: '租约处理安全；干净退出，由下一个接手',
      en: 'The Lease stays safe; it ends, and the next one goes on',
    },
    how: 'In a real process: blocked 2 s and 9 s with a Lease of 6 s, a heap of 128 MiB filled, 128 descriptors used up.',
    tests: [
      ...file(
        processes,
        'of time: two seconds cost nothing, more than the Lease cost the lead, and no write comes late',
      ),
      ...file(
        'test/long/faults-process.test.ts',
        'of memory: it dies at once, and the next one goes on',
        'of file descriptors: what is connected goes on; when it must connect anew it gives up and ends',
      ),
    ],
  },
];
