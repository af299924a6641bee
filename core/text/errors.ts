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
  'too-large': refused('对象过大，服务器拒绝', 'the object is too large for the server'),
  'unexpected-status': refused('服务器的答复不在意料之中', 'the server answered something unexpected'),
  unreachable: refused('无法连接', 'cannot be reached', reach),
  'connect-timeout': refused('连接超时', 'no connection in time', reach),
  'connection-lost': refused('连接中断', 'the connection was lost', reach),
  'request-timeout': refused('没有在时限内应答', 'no answer in time', reach),
  'no-http2': refused('服务器不支持 HTTP/2', 'the server does not speak HTTP/2', reach),
  'certificate-refused': refused(
    '服务器证书不可信，没有连接',
    "the server's certificate is not trusted; nothing was sent",
    {
      zh: '核对 kubeconfig 中的地址和 CA，或向平台组索取新的 kubeconfig',
      en: 'compare address and CA in the kubeconfig, or ask the platform group for a new one',
    },
  ),
  'context-unknown': refused('kubeconfig 中没有所要的 context', 'the kubeconfig has no such context', {
    zh: '列出已有的：jinhong doctor；用 --context 指定其一',
    en: 'to list what there is: jinhong doctor; choose one with --context',
  }),
  'kubeconfig-unreadable': refused('无法读取 kubeconfig', 'the kubeconfig cannot be read'),
  'kubeconfig-invalid': refused('kubeconfig 不可用', 'the kubeconfig cannot be used'),
  'credentials-unreadable': refused('无法读取凭据文件', 'a file of credentials cannot be read'),
  'credential-plugin-failed': refused('登录插件失败', 'the sign-in plugin failed'),
};

/** The text of an error code, or undefined: then the error's own message is shown as it is. */
export function errorTextOf(code: string): ErrorText | undefined {
  return Object.hasOwn(texts, code) ? texts[code] : undefined;
}
