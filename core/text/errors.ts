import type { Text } from './lang.ts';

/** How an error of one code is said to people: from its facts, in both languages. */
export interface ErrorText {
  readonly text: (data: Readonly<Record<string, unknown>>) => Text | undefined;
  readonly hint?: Text;
}

type Data = Readonly<Record<string, unknown>>;

function fact(data: Data, key: string): string {
  const value = data[key];
  return typeof value === 'string' ? value : '';
}

function atServer(data: Data, zh: string, en: string): Text {
  const server = fact(data, 'server');
  return server === '' ? { zh, en } : { zh: `${server}：${zh}`, en: `${server}: ${en}` };
}

function refused(zh: string, en: string, hint?: Text): ErrorText {
  const text = (data: Data) => atServer(data, zh, en);
  return hint === undefined ? { text } : { text, hint };
}

const reach: Text = {
  zh: '检查网络和 kubeconfig 中的地址：jinhong doctor',
  en: 'check the network and the address in the kubeconfig: jinhong doctor',
};

/** Errors of the API servers' client (kube/errors.ts), by their code. The server's own words are shown as the reason. */
const texts: Readonly<Record<string, ErrorText>> = {
  forbidden: refused('服务器拒绝：没有权限，或违反一条规则', 'the server refused: no right, or a rule was broken', {
    zh: '查看自己的身份和权限：jinhong doctor',
    en: 'to see who you are and what you may do: jinhong doctor',
  }),
  'not-signed-in': refused(
    '服务器不认识您的凭据，或凭据已过期',
    'the server does not know your credentials, or they expired',
    {
      zh: '请重新登录，或向平台组索取新的 kubeconfig',
      en: 'sign in again, or ask the platform group for a new kubeconfig',
    },
  ),
  'not-found': refused('没有这个对象', 'there is no such object'),
  'already-exists': refused('已存在同名对象', 'an object of this name exists already'),
  conflict: refused('对象在此期间已被他人修改', 'the object was changed by someone else meanwhile', {
    zh: '请重试',
    en: 'try again',
  }),
  'field-conflict': refused('有字段由其他管理者写入', 'some fields belong to another manager'),
  invalid: refused('服务器拒绝了这个对象', 'the server refused the object'),
  'bad-request': refused('服务器不接受这个请求', 'the server did not accept the request'),
  throttled: refused('服务器请求过多，请稍后再试', 'the server is overloaded, try again later'),
  'server-error': refused('服务器内部出错', 'the server failed'),
  unreachable: refused('无法连接', 'cannot be reached', reach),
  'connection-refused': refused('连接被拒绝', 'the connection was refused', reach),
};

/** The text of an error code, or undefined: then the error's own message is shown as it is. */
export function errorTextOf(code: string): ErrorText | undefined {
  return Object.hasOwn(texts, code) ? texts[code] : undefined;
}
